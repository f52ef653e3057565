import { plural } from "../../../ui/format";
import type { Judged, LabelsGradings } from "../../../verdict";
import type { Level } from "./boxes";
import { answersOf } from "./gradings";

/** What a save would say about the discs: "2 of 5 answers are yours, 3 are saved as unseen." */
export function savingInWords(judged: ReadonlyMap<Level, Judged>): string {
  const unseen = [...judged.values()].filter((how) => how === "unseen").length;
  const own = judged.size - unseen;
  if (judged.size === 0) return "No discs.";
  if (unseen === 0) return `All ${plural(judged.size, "answer")} are yours.`;
  if (own === 0) return `None judged yet: ${plural(unseen, "answer")} would be saved unseen.`;
  const rest = `${unseen} would be saved unseen.`;
  return `${own} of ${plural(judged.size, "answer")} ${own === 1 ? "is" : "are"} yours, ${rest}`;
}

/** "3 gradings are yours."; nothing where the reader gave none. */
export function gradingsInWords(gradings: LabelsGradings): string {
  const count = Object.values(gradings).flatMap(answersOf).length;
  return count === 0 ? "" : `${plural(count, "grading")} ${count === 1 ? "is" : "are"} yours.`;
}
