import type { Reading } from "./reading";
import type { Review } from "./review";
import { timelineOf } from "./timeline-lines";
import { plural } from "../../ui/format";
import { clockTime } from "./words";

/** What happened to this scan so far, and what was taken out of it on the way in. */
export function Timeline({ review, reading }: { review: Review; reading: Reading | null }) {
  const scan = review.scan.value;
  if (!scan) return null;
  const lines = timelineOf(
    scan,
    review.predictions.value,
    reading?.labels.value ?? [],
    review.events.value,
  );
  return (
    <section>
      <h2>Timeline</h2>
      <ol class="timeline">
        {lines.map((line) => (
          <li key={`${line.at.getTime()} ${line.what}`} data-kind={line.kind}>
            <time dateTime={line.at.toISOString()} title={line.at.toLocaleString()}>
              {clockTime(line.at)}
            </time>
            <span>
              {line.what}
              {line.details.map((detail) => (
                <span class="muted detail" key={detail}>
                  {detail}
                </span>
              ))}
            </span>
          </li>
        ))}
      </ol>
      <h3>De-identification</h3>
      {scan.removedTags.length === 0 ? (
        <p class="muted">No identifying tags were found in the file.</p>
      ) : (
        <details>
          <summary>{plural(scan.removedTags.length, "identifying tag")} removed on reading</summary>
          <p class="muted tags">{scan.removedTags.join(", ")}</p>
        </details>
      )}
    </section>
  );
}
