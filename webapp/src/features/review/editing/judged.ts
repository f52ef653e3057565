import { LEVELS } from "../../../anatomy";
import type { Prediction } from "../../../records";
import { isHerniated, findingOf } from "../../../ui/herniation";
import type { Judged } from "../../../verdict";
import { type BoxesBySlice, type EditableBox, isLevel, type Level, sameBox } from "./boxes";

/** How the reader has judged a box on a slice; "unseen" where it is as the model left it. */
export function judgedOf(box: EditableBox, slice: string, prediction: Prediction): Judged {
  const disc = prediction.discs.find(({ level }) => level === box.id);
  const place = disc?.boxes[slice];
  if (box.judged === "added" || !disc || !place) return "added";
  const answer = isHerniated(disc.herniation, prediction.herniationThreshold);
  const isAsRead = box.level === disc.level && box.herniation === answer && sameBox(box, place);
  if (!isAsRead) return "changed";
  return box.judged === undefined || box.judged === "unseen" ? "unseen" : "confirmed";
}

/** How the reader has judged each disc, on whichever slice; levels without a box are left out. */
export function judgedDiscs(slices: BoxesBySlice, prediction: Prediction): Map<Level, Judged> {
  const discs = new Map<Level, Judged>();
  for (const [slice, boxes] of Object.entries(slices)) {
    for (const box of boxes) {
      const how = judgedOf(box, slice, prediction);
      const before = discs.get(box.level) ?? "unseen";
      discs.set(box.level, WEIGHT[how] > WEIGHT[before] ? how : before);
    }
  }
  return discs;
}

/** What was done to a disc on one slice says more about it than what was left on the others. */
const WEIGHT: Record<Judged, number> = { unseen: 0, confirmed: 1, added: 2, changed: 3 };

/** The discs on a slice whose answer is doubtful and not the reader's yet, from the head down. */
export function unansweredDoubts(
  slice: number,
  judged: ReadonlyMap<Level, Judged>,
  { discs, herniationThreshold }: Prediction,
): Level[] {
  const doubtful = discs
    .filter(({ boxes }) => boxes[String(slice)] !== undefined)
    .filter(({ herniation }) => findingOf(herniation, herniationThreshold).isDoubtful)
    .map(({ level }) => level)
    .filter(isLevel)
    .filter((level) => judged.get(level) === "unseen");
  return LEVELS.filter((level) => doubtful.includes(level));
}
