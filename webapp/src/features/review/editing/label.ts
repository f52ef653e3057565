import { GRADINGS, LEVELS } from "../../../anatomy";
import type { NewLabel } from "../../../cloud/documents";
import type { Label, LabelledBox, Prediction } from "../../../records";
import { isJudged } from "../../../verdict";
import type { BoxesBySlice, EditableBox, Level } from "./boxes";
import { judgedOf } from "./judged";

/** The boxes to save, and how each was judged: those of the key slice and of every edited slice. */
export function labelledSlices(
  slices: BoxesBySlice,
  prediction: Prediction,
  edited: readonly string[],
): Label["slices"] {
  const asSaved = (slice: string) => (box: EditableBox) => ({
    ...withoutId(box),
    judged: judgedOf(box, slice, prediction),
  });
  const numbers = [...new Set([String(prediction.keySlice), ...edited])].toSorted(
    (a, b) => Number(a) - Number(b),
  );
  return Object.fromEntries(
    numbers.map((number) => [number, inOrder((slices[number] ?? []).map(asSaved(number)))]),
  );
}

/** The key slice, and for each of these discs that it doesn't show another slice. */
export function slicesWith(
  levels: readonly Level[],
  boxes: BoxesBySlice,
  { keySlice, discs }: Prediction,
): string[] {
  const slices = new Set([String(keySlice)]);
  const shows = (slice: string, level: Level): boolean =>
    boxes[slice]?.some((box) => box.level === level) ?? false;
  for (const level of levels) {
    if ([...slices].some((slice) => shows(slice, level))) continue;
    const best = discs.map((disc) => String(disc.slice)).find((slice) => shows(slice, level));
    const slice = best ?? Object.keys(boxes).find((each) => shows(each, level));
    if (slice !== undefined) slices.add(slice);
  }
  return [...slices].toSorted((a, b) => Number(a) - Number(b));
}

/** The reason why these boxes can't be saved, and the slice to turn to; null if they can. */
export function objection(slices: Label["slices"]): { slice: number; sentence: string } | null {
  for (const [slice, boxes] of Object.entries(slices)) {
    const twice = boxes.find(({ level }, index) =>
      boxes.slice(index + 1).some((other) => other.level === level),
    );
    if (!twice) continue;
    const sentence =
      `Not saved: slice ${Number(slice) + 1} has two boxes called ${twice.level}, and a slice shows ` +
      "a disc once. Give one of them another level, or remove it.";
    return { slice: Number(slice), sentence };
  }
  return null;
}

/** The part of a label in which its author says something. */
export type SaidInLabel = Pick<NewLabel, "kind" | "slices" | "gradings">;

/** True if two labels have the same boxes and gradings, and the reader judged the same. */
export const sameLabel = (a: SaidInLabel, b: SaidInLabel): boolean =>
  a.kind === b.kind && stable(a) === stable(b);

function stable({ kind, slices, gradings = {} }: SaidInLabel): string {
  const numbers = Object.keys(slices).toSorted();
  return JSON.stringify([
    LEVELS.map((level) => GRADINGS.map((name) => gradings[level]?.[name] ?? null)),
    numbers.map((number) => [
      number,
      inOrder(slices[number] ?? []).map((box) => [
        box.level,
        box.herniation,
        box.x,
        box.y,
        box.width,
        box.height,
        isJudged(box, kind),
      ]),
    ]),
  ]);
}

export function inOrder(boxes: readonly LabelledBox[]): LabelledBox[] {
  return boxes.toSorted((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level) || a.y - b.y);
}

export function withoutId({ x, y, width, height, level, herniation }: LabelledBox): LabelledBox {
  return { x, y, width, height, level, herniation };
}
