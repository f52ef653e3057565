import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { plural } from "../../ui/format";
import type { DroppedFile, Question } from "./plan";
import type { Answer, UploadQueue } from "./queue";

const SHOWN = 6;
const TITLE = "question-title";

/** The question "One scan of 17 slices, or 17 scans?", asked if the files do not tell. */
export function UploadQuestion({ uploads }: { uploads: UploadQueue }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [question] = uploads.questions.value;
  useLayoutEffect(() => {
    if (!question) dialog.current?.close();
    else if (!dialog.current?.open) dialog.current?.showModal();
    // The title takes the focus: pressing Enter twice must not answer the next question unseen.
    else document.getElementById(TITLE)?.focus();
  }, [question]);
  const answer = (what: Answer): void => {
    if (question) uploads.answer(question, what);
  };
  return (
    <dialog
      ref={dialog}
      class="ask upload-question"
      aria-labelledby={TITLE}
      onClose={() => answer("none")}
    >
      {question && <Asked key={question} question={question} answer={answer} />}
    </dialog>
  );
}

interface AskedProps {
  question: Question;
  answer: (what: Answer) => void;
}

function Asked({ question, answer }: AskedProps) {
  const { asMany, asOne } = question;
  const { files } = asOne;
  const scans = asMany.length > 0 && plural(asMany.length, "scan");
  const names = [files[0], files.at(-1)].map((each) => each?.file.name);
  return (
    <>
      <h2 id={TITLE} tabIndex={-1}>
        One scan of {files.length} slices, or {scans || "no scan of their own"}?
      </h2>
      <p class="muted">
        {question.because} In this order: {names[0]} to {names[1]}.
      </p>
      <Previews files={files} />
      <div class="ask-actions">
        <button onClick={() => answer("none")}>{scans ? "Cancel" : "Leave out"}</button>
        {scans && <button onClick={() => answer("many")}>{scans}</button>}
        <button class="primary" autofocus onClick={() => answer("one")}>
          One scan of {files.length} slices
        </button>
      </div>
    </>
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
