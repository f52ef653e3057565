import type { Scan } from "../../../cloud/documents";
import { clockTime, dateTime, plural } from "../../../ui/format";
import type { Review } from "../editing/review";
import type { OpenScan } from "../picture/open-scan";
import { timelineOf } from "./timeline-lines";

/** The history of this scan, and the identifying tags that were removed from it. */
export function Timeline({ openScan, review }: { openScan: OpenScan; review: Review | null }) {
  const scan = openScan.scan.value;
  if (!scan) return null;
  const lines = timelineOf(
    scan,
    openScan.predictions.value,
    review?.labels.value ?? [],
    openScan.events.value,
  );
  return (
    <section>
      <h2>Timeline</h2>
      <ol class="timeline">
        {lines.map((line) => (
          <li key={`${line.at.getTime()} ${line.what}`} data-kind={line.kind}>
            <time dateTime={line.at.toISOString()} title={dateTime(line.at)}>
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
      <Receipt scan={scan} />
    </section>
  );
}

function Receipt({ scan: { removedTags, status } }: { scan: Scan }) {
  if (removedTags.length === 0) {
    const words =
      status === "done"
        ? "No identifying tags were found in the file."
        : status === "split"
          ? "What is removed is listed with each series."
          : "What is removed from the file is listed once it has been read.";
    return <p class="muted">{words}</p>;
  }
  return (
    <details>
      <summary>{plural(removedTags.length, "identifying tag")} removed on reading</summary>
      <p class="muted tags">{removedTags.join(", ")}</p>
    </details>
  );
}
