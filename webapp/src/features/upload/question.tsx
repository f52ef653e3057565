import { useEffect, useMemo, useRef } from "preact/hooks";
import { plural } from "../../ui/format";
import type { DroppedFile } from "./plan";
import type { UploadQueue } from "./queue";

const SHOWN = 6;

/** "One scan of 17 slices, or 17 scans?": asked only where the files themselves do not say. */
export function UploadQuestion({ uploads }: { uploads: UploadQueue }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [question] = uploads.questions.value;
  const isOpen = question !== undefined;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  if (!question) return null;
  const { files } = question.asOne;
  const names = [files[0], files.at(-1)].map((each) => each?.file.name);
  return (
    <dialog
      ref={dialog}
      class="ask upload-question"
      aria-labelledby="question-title"
      onCancel={() => uploads.answer("none")}
    >
      <h2 id="question-title">
        One scan of {files.length} slices, or {plural(files.length, "scan")}?
      </h2>
      <p class="muted">
        {question.because} In this order: {names[0]} to {names[1]}.
      </p>
      <Previews key={names.join()} files={files} />
      <div class="ask-actions">
        <button onClick={() => uploads.answer("none")}>Cancel</button>
        <button onClick={() => uploads.answer("many")}>{plural(files.length, "scan")}</button>
        <button class="primary" autofocus onClick={() => uploads.answer("one")}>
          One scan of {files.length} slices
        </button>
      </div>
    </dialog>
  );
}

/** The first pictures, as they would follow each other in the scan. */
export function Previews({ files }: { files: readonly DroppedFile[] }) {
  const previews = useMemo(
    () => files.slice(0, SHOWN).map(({ file }) => ({ file, url: URL.createObjectURL(file) })),
    [files],
  );
  useEffect(() => () => previews.forEach(({ url }) => URL.revokeObjectURL(url)), [previews]);
  return (
    <ol class="previews">
      {previews.map(({ file, url }) => (
        <li key={url}>
          <img src={url} alt={file.name} />
          <span>{file.name}</span>
        </li>
      ))}
      {files.length > SHOWN && <li class="muted">and {files.length - SHOWN} more</li>}
    </ol>
  );
}
