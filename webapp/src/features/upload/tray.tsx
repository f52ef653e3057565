import type { Rows } from "../../cloud/rows";
import { Lines } from "./lines";
import type { UploadQueue } from "./queue";
import { summaryOf } from "./summary";

interface TrayProps {
  uploads: UploadQueue;
  rows: Rows;
}

/** The list of uploads at the foot of every page. */
export function Tray({ uploads, rows }: TrayProps) {
  if (uploads.uploads.value.length === 0) return null;
  return (
    <section class="tray" aria-label="Uploads">
      <header>
        <h2>Uploads</h2>
        <span class="muted" role="status">
          {summaryOf(uploads.uploads.value)}
        </span>
        <button class="quiet" onClick={() => uploads.removeFinished()}>
          Clear finished
        </button>
      </header>
      <Lines uploads={uploads} rows={rows} />
    </section>
  );
}
