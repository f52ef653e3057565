import { READABLE } from "./formats";
import { chooseFiles } from "./file-picker";
import type { DroppedFile } from "./plan";

interface DropZoneProps {
  bucket: string;
  onFiles: (files: DroppedFile[]) => void;
}

/** Says how scans get in; the drop itself works anywhere on the page. */
export function DropZone({ bucket, onFiles }: DropZoneProps) {
  return (
    <section class="drop-zone" aria-label="Upload">
      <p>
        <strong>Drop scans or folders here</strong>
        <span class="muted">{READABLE}</span>
      </p>
      <p class="muted drop-or">
        or <code>gsutil cp scan.mha gs://{bucket}/</code>
      </p>
      <div class="drop-buttons">
        <button class="primary" onClick={() => chooseFiles(onFiles)} title="Choose files (u)">
          Upload files
        </button>
        <button onClick={() => chooseFiles(onFiles, true)}>Folder</button>
      </div>
    </section>
  );
}
