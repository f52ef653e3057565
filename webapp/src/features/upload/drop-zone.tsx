import { CopyCommand } from "./copy-command";
import { choose } from "./file-picker";
import { READABLE } from "./formats";

/** Explains how to upload; the drop itself works anywhere on the page. */
export function DropZone({ bucket }: { bucket: string }) {
  return (
    <section class="drop-zone" aria-label="Upload">
      <p>
        <strong>Drop scans or folders here</strong>
        <span class="muted">{READABLE}</span>
      </p>
      <p class="muted drop-or">
        or <CopyCommand command={`gsutil cp scan.mha gs://${bucket}/`} />
      </p>
      <div class="drop-buttons">
        <button class="primary" onClick={() => choose("files")} title="Choose files (u)">
          Upload files
        </button>
        <button onClick={() => choose("folder")}>Folder</button>
      </div>
    </section>
  );
}
