import type { Scan } from "../../../cloud/documents";
import { reach } from "../../../cloud/reach";
import { now } from "../../../ui/clock";
import {
  failureInWords,
  isAbandoned,
  progressFraction,
  progressInWords,
} from "../../../ui/scan-words";
import type { Worklist } from "../../worklist/worklist";
import { Archive } from "./archive";

/** Progress or failure, shown in place of the viewer until there is a result. */
export function Pending({ scan, worklist }: { scan: Scan | null; worklist: Worklist }) {
  return (
    <section class="viewer pending" aria-label="Slice" aria-live="polite">
      {scan ? <Why scan={scan} worklist={worklist} /> : <Skeleton />}
    </section>
  );
}

const NEXT_STEPS: Record<string, string> = {
  "not-sagittal": "The file is kept. Upload the sagittal series of this spine, if there is one.",
  "object-gone": "Upload the scan again.",
};

const Skeleton = () => <div class="picture-skeleton" />;

function Why({ scan, worklist }: { scan: Scan; worklist: Worklist }) {
  switch (scan.status) {
    case "failed":
    case "dead":
      return (
        <div class="pending-words" role="alert">
          <h2>{scan.status === "dead" ? "Given up" : "This scan could not be read"}</h2>
          <p>{failureInWords(scan)}</p>
          <p class="muted">
            {NEXT_STEPS[scan.error?.code ?? ""] ??
              "The file is kept. Try again, or upload the scan in another format."}
          </p>
          <button class="primary" onClick={() => void worklist.retry(scan.id)}>
            Retry
          </button>
          <p class="error">{worklist.retryErrors.value[scan.id]}</p>
        </div>
      );
    case "queued":
      return (
        <div class="pending-words">
          <h2>Waiting to be read</h2>
          <progress aria-label="Waiting" />
          <p class="muted">The result appears here by itself.</p>
        </div>
      );
    case "done": // the prediction's document is on its way
      return reach.online.value ? (
        <Skeleton />
      ) : (
        <div class="pending-words">
          <h2>No network</h2>
          <p class="muted">The result appears here once it is back.</p>
        </div>
      );
    case "split":
      return scan.split && <Archive split={scan.split} />;
    case "processing":
      return isAbandoned(scan, now.value) ? (
        <div class="pending-words" role="alert">
          <h2>The worker stopped before it was done</h2>
          <p class="muted">Another one takes the scan up when you retry.</p>
          <button class="primary" onClick={() => void worklist.retry(scan.id)}>
            Retry
          </button>
          <p class="error">{worklist.retryErrors.value[scan.id]}</p>
        </div>
      ) : (
        <div class="pending-words">
          <h2>Reading</h2>
          <progress
            max={1}
            value={scan.progress ? progressFraction(scan.progress) : 0}
            aria-label="Reading"
          />
          <p>{scan.progress ? progressInWords(scan.progress) : "starting"}</p>
          <p class="muted">The result appears here by itself.</p>
        </div>
      );
  }
}
