import type { Disc, Prediction } from "../../../records";
import { type Finding, findingOf } from "../../../ui/herniation";
import { boxesOf, type EditableBox } from "./boxes";

/** The model's disc that a box began as; null for one that the reader added. */
export const discOf = (box: EditableBox, prediction: Prediction): Disc | null =>
  prediction.discs.find((disc) => disc.level === box.id) ?? null;

/** The current finding of a box: the reader's, or the model's if the reader did not change it. */
export function currentFinding(box: EditableBox, prediction: Prediction): Finding {
  const answer: Finding = box.herniation ? "herniated" : "none";
  const disc = discOf(box, prediction);
  if (!disc) return answer;
  const { herniationThreshold: threshold } = prediction;
  const unchanged = box.herniation === disc.herniation >= threshold;
  return unchanged && findingOf(disc.herniation, threshold) === "uncertain" ? "uncertain" : answer;
}

/** The number that tints a box: the model's, or 0 and 1 where the reader decided otherwise. */
export function tintOf(box: EditableBox, prediction: Prediction): number {
  const disc = discOf(box, prediction);
  const agrees = disc && box.herniation === disc.herniation >= prediction.herniationThreshold;
  return agrees ? disc.herniation : Number(box.herniation);
}

/** The box's class in the style sheet, such as "herniated-unsure". */
export const appearanceOf = (box: EditableBox, prediction: Prediction): string =>
  `${box.herniation ? "herniated" : "none"}-${currentFinding(box, prediction) === "uncertain" ? "unsure" : "sure"}`;

/** True if the reader's box differs from the model's on this slice. */
export function isChanged(box: EditableBox, slice: number, prediction: Prediction): boolean {
  const before = boxesOf(prediction)[String(slice)]?.find(({ id }) => id === box.id);
  return !before || JSON.stringify(before) !== JSON.stringify({ ...before, ...box });
}
