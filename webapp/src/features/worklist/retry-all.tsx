import { reasonsOf } from "./reasons";
import type { Worklist } from "./worklist";

/** Of a list of scans that were not read, a button for each reason that several share. */
export function RetryAll({ worklist }: { worklist: Worklist }) {
  const { show } = worklist.view.value;
  if (show !== "failed" && show !== "dead") return null;
  const reasons = reasonsOf(worklist.visible.value);
  if (reasons.length === 0) return null;
  return (
    <div class="retry-all" role="group" aria-label="Retry by reason">
      {reasons.map(({ code, message, ids }) => (
        <button
          key={code}
          disabled={worklist.isRetrying.value}
          title={message}
          onClick={() => void worklist.retryAll(ids)}
        >
          Retry all {ids.length}: {message}
        </button>
      ))}
    </div>
  );
}
