import type { Disc, Prediction } from "../../../records";
import { type Finding, findingOf, isHerniated } from "../../../ui/herniation";
import type { Judged } from "../../../verdict";
import type { EditableBox } from "./boxes";
import { judgedOf } from "./judged";

/** The model's disc that a box began as; null for one that the reader added. */
export const discOf = (box: EditableBox, prediction: Prediction): Disc | null =>
  prediction.discs.find((disc) => disc.level === box.id) ?? null;

/**
 * The current finding of a box: the answer that stands, the reader's or the model's, and the
 * model's doubt, which ends where the reader has judged the disc.
 */
export function currentFinding(
  box: EditableBox,
  judged: Judged | undefined,
  prediction: Prediction,
): Finding {
  const disc = discOf(box, prediction);
  const isDoubtful =
    disc !== null && findingOf(disc.herniation, prediction.herniationThreshold).isDoubtful;
  return { herniated: box.herniation, isDoubtful: isDoubtful && judged === "unseen" };
}

/** The number that tints a box: the model's, or 0 and 1 where the reader decided otherwise. */
export function tintOf(box: EditableBox, prediction: Prediction): number {
  const disc = discOf(box, prediction);
  const agrees =
    disc && box.herniation === isHerniated(disc.herniation, prediction.herniationThreshold);
  return agrees ? disc.herniation : Number(box.herniation);
}

/** The box's class in the style sheet, such as "herniated-unsure". */
export const appearanceOf = ({ herniated, isDoubtful }: Finding): string =>
  `${herniated ? "herniated" : "none"}-${isDoubtful ? "unsure" : "sure"}`;

/** True if the reader's box differs from the model's on this slice. */
export const isChanged = (box: EditableBox, slice: number, prediction: Prediction): boolean =>
  ["changed", "added"].includes(judgedOf(box, String(slice), prediction));
