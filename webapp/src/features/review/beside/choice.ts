import type { Study } from "../../../cloud/documents";
import type { SeriesOfStudy } from "../../../records";
import { othersOf, READABLE } from "../study/words";

/** A series of the study by its scan's id. */
export type Choice = [scanId: string, series: SeriesOfStudy];

/** What was chosen last; a later study has another scan of that sequence. */
export interface Wanted {
  scanId: string;
  sequence: string;
}

const SHOWN = [...READABLE, "failed", "dead"] as const;

/** The series that can stand beside a scan: all others of its study that are read, or were tried. */
export const otherSeries = (study: Study, scanId: string): Choice[] =>
  othersOf(study, scanId, SHOWN);

/** The series to show: the one that was wanted, else one that was read and shows something else. */
export function choose(
  choices: readonly Choice[],
  wanted: Wanted,
  own: SeriesOfStudy["sequence"],
): Choice | null {
  const isRead = ([, { status }]: Choice): boolean => status === "done";
  return (
    choices.find(([id]) => id === wanted.scanId) ??
    choices.find(([, { sequence }]) => sequence === wanted.sequence) ??
    choices.find((each) => isRead(each) && each[1].sequence !== own) ??
    choices.find(isRead) ??
    choices[0] ??
    null
  );
}
