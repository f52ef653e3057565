import { useEffect, useState } from "preact/hooks";
import type { Rows } from "../../cloud/rows";
import { Lines } from "./lines";
import type { UploadQueue } from "./queue";
import { summaryOf } from "./summary";

interface TrayProps {
  uploads: UploadQueue;
  rows: Rows;
}

/** The list of uploads at the foot of every page; one line once several are uploaded, all of them. */
export function Tray({ uploads, rows }: TrayProps) {
  const [isOpened, open] = useState(false);
  const all = uploads.uploads.value;
  const isOver = all.length > 1 && all.every(({ state }) => state.value.kind === "done");
  useEffect(() => open(false), [isOver]);
  if (all.length === 0) return null;
  const isFolded = isOver && !isOpened;
  return (
    <section class="tray" aria-label="Uploads">
      <header>
        <h2>Uploads</h2>
        <span class="muted" role="status">
          {summaryOf(uploads.uploads.value)}
        </span>
        {isOver && (
          <button class="quiet" aria-expanded={isOpened} onClick={() => open(!isOpened)}>
            {isOpened ? "Hide" : "Show"}
          </button>
        )}
        <button class="quiet" onClick={() => uploads.removeFinished()}>
          Clear finished
        </button>
      </header>
      <div hidden={isFolded}>
        <Lines uploads={uploads} rows={rows} />
      </div>
    </section>
  );
}
