import type { Split } from "../../../records";
import { plural } from "../../../ui/format";
import { LeftOutList } from "../../../ui/left-out-list";
import { scanAddress } from "../../../ui/router";
import { seriesName } from "../../../ui/scan-words";
import { WarningChip } from "../../../ui/warning-chip";

/** An archive of several series: links to them, and what of it isn't read, which may be all. */
export function Archive({ split: { series, leftOut, warnings } }: { split: Split }) {
  return (
    <div class="pending-words">
      {series.length > 0 ? (
        <Series series={series} />
      ) : (
        <>
          <h2>Nothing here can be read</h2>
          <p class="muted">
            {leftOut.length > 0
              ? "The files are kept. This is what came, and why none of it is read:"
              : "The files are kept. There is no series among them."}
          </p>
        </>
      )}
      {warnings.map((warning) => (
        <p key={warning}>
          <WarningChip warning={warning} />
        </p>
      ))}
      {leftOut.length > 0 && (
        <>
          {series.length > 0 && <h3>Left out</h3>}
          <LeftOutList leftOut={leftOut} />
        </>
      )}
    </div>
  );
}

function Series({ series }: Pick<Split, "series">) {
  return (
    <>
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
    </>
  );
}
