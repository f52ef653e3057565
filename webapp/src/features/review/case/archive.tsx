import type { Split } from "../../../records";
import { plural } from "../../../ui/format";
import { scanAddress } from "../../../ui/router";
import { leftOutInWords, seriesName } from "../../../ui/scan-words";

/** An archive of several series: links to them, and what of it isn't read. */
export function Archive({ split: { series, leftOut, warnings } }: { split: Split }) {
  return (
    <div class="pending-words">
      <h2>An archive of {series.length} series</h2>
      <p class="muted">Each is a scan of its own:</p>
      <ul>
        {series.map((each) => (
          <li key={each.scanId}>
            <a href={scanAddress(each.scanId)}>{seriesName(each)}</a>
            {each.slices !== null && <span class="muted"> {plural(each.slices, "slice")}</span>}
          </li>
        ))}
      </ul>
      {warnings.map((warning) => (
        <p key={warning}>
          <span class="chip warning">
            <span aria-hidden="true">⚠ </span>
            {warning}
          </span>
        </p>
      ))}
      {leftOut.length > 0 && (
        <>
          <h3>Left out</h3>
          <ul class="muted">
            {leftOut.map((thing) => (
              <li key={`${thing.what} ${thing.reason}`}>{leftOutInWords(thing)}</li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
