import { filesOfInput } from "./drop";
import type { DroppedFile } from "./plan";

/** Opens the browser's chooser for files, or for a whole folder. */
export function chooseFiles(chosen: (files: DroppedFile[]) => void, folder = false): void {
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = true;
  input.webkitdirectory = folder;
  input.addEventListener("change", () => chosen(filesOfInput(input)));
  input.click();
}
