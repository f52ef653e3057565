import type { Study } from "../../../cloud/documents";
import type { SeriesOfStudy, StudyDisc } from "../../../records";
import { probability } from "../../../ui/format";
import { answerWord, isHerniated } from "../../../ui/herniation";

/** The series of a study by scan id, as its scanner numbered them. */
export const seriesInOrder = (study: Study): [string, SeriesOfStudy][] =>
  Object.entries(study.series).toSorted(([one, a], [other, b]) =>
    a.number === b.number ? one.localeCompare(other) : a.number - b.number,
  );

/** The other series of the study in one of these states, without those that came again as others. */
export const othersOf = (
  study: Study,
  scanId: string,
  states: readonly SeriesOfStudy["status"][],
): [string, SeriesOfStudy][] =>
  seriesInOrder(study).filter(
    ([id, { status, supersededBy }]) => id !== scanId && !supersededBy && states.includes(status),
  );

/** The states of series that are read, or will be. */
export const READABLE: readonly SeriesOfStudy["status"][] = ["queued", "processing", "done"];

/** What stands for a disc: a person's answer, or else that of all series together. */
export const answerOf = (disc: StudyDisc, threshold: number): boolean =>
  disc.verdict ?? isHerniated(disc.herniation, threshold);

/** What became another answer since an earlier study: "L4-L5: no LDH 0.12 → LDH 0.81". */
export function changesSince(
  before: readonly StudyDisc[],
  after: readonly StudyDisc[],
  threshold: number,
): string[] {
  const inWords = (disc: StudyDisc): string =>
    `${answerWord(answerOf(disc, threshold))} ${probability(disc.herniation)}`;
  return after.flatMap((disc) => {
    const earlier = before.find((each) => each.level === disc.level);
    if (!earlier || answerOf(earlier, threshold) === answerOf(disc, threshold)) return [];
    return `${disc.level}: ${inWords(earlier)} → ${inWords(disc)}`;
  });
}
