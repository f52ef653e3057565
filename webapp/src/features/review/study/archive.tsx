import type { Study } from "../../../cloud/documents";
import type { FilingOrder } from "../../../records";
import { now } from "../../../ui/clock";
import { problemInWords, seriesInArchive } from "./filing-words";

/** What of the study's results lies in the archive, what waits and why, and what it refused. */
export function Archive({ order, study }: { order: FilingOrder; study: Study }) {
  const problem = problemInWords(order, now.value);
  return (
    <div class="study-archive">
      <h3>In the archive</h3>
      {problem && (
        <p class={problem.isFinal ? "error" : "muted"} role="status">
          {problem.words}
        </p>
      )}
      {!problem && order.dueAt && (
        <p class="muted" role="status">
          Results are on their way.
        </p>
      )}
      <ul>
        {seriesInArchive(order, study, now.value).map((each) => (
          <li key={each.scanId} data-scan={each.scanId} title={each.title}>
            {each.series}: <span class={each.isRefused ? "error" : "muted"}>{each.words}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
