import { filesOfInput } from "./drop";
import type { UploadQueue } from "./queue";

const INPUTS = { files: "choose-files", folder: "choose-folder" } as const;

/** Opens the browser's chooser for files, or for a whole folder. */
export function choose(what: keyof typeof INPUTS): void {
  document.getElementById(INPUTS[what])?.click();
}

/** The inputs behind `choose`. They stay in the page: a loose one may be collected while open. */
export function FilePicker({ uploads }: { uploads: UploadQueue }) {
  function chosen({ currentTarget: input }: { currentTarget: HTMLInputElement }): void {
    void uploads.add(filesOfInput(input));
    input.value = ""; // so that the same file can be chosen again
  }
  return (
    <>
      <input id={INPUTS.files} type="file" multiple hidden onChange={chosen} />
      <input id={INPUTS.folder} ref={takeFolders} type="file" multiple hidden onChange={chosen} />
    </>
  );
}

function takeFolders(input: HTMLInputElement | null): void {
  if (input) input.webkitdirectory = true;
}
