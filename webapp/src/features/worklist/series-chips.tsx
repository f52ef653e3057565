import type { LeftOut } from "../../records";
import { plural } from "../../ui/format";
import { scanAddress } from "../../ui/router";
import { leftOutInWords, seriesName } from "../../ui/scan-words";
import type { SeriesOfRow } from "./study-rows";

interface SeriesChipsProps {
  series: readonly SeriesOfRow[];
  leftOut: readonly LeftOut[];
}

/** The series of a study, each with its state and a link, and what was left out. */
export function SeriesChips({ series, leftOut }: SeriesChipsProps) {
  return (
    <span class="series-chips">
      {series.map(({ scanId, facts, status }) => (
        <a key={scanId} class="chip" href={scanAddress(scanId)} data-status={status}>
          {seriesName(facts)}
          {STATES[status] && <span> {STATES[status]}</span>}
        </a>
      ))}
      {leftOut.length > 0 && (
        <span class="left-out" title={leftOut.map(leftOutInWords).join("\n")}>
          {plural(leftOut.length, "thing")} left out
        </span>
      )}
    </span>
  );
}

const STATES: Record<SeriesOfRow["status"], string> = {
  queued: "waits",
  processing: "is read …",
  done: "",
  split: "",
  failed: "not read",
  dead: "given up",
};
