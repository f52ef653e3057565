import { LEVELS } from "../../../anatomy";
import type { Box, LabelledBox, Prediction } from "../../../records";
import { isHerniated } from "../../../ui/herniation";
import { isJudged, judgements, type Said, standing } from "../../../verdict";

export type Level = LabelledBox["level"];

/** One disc's box on one slice; `id` is the level that the model gave it, or names an added one. */
export interface EditableBox extends LabelledBox {
  id: string;
}

/** The boxes of each slice, by slice number. */
export type BoxesBySlice = Readonly<Record<string, readonly EditableBox[]>>;

/** The shortest side of a box in pixels of the slice; shorter ones are mistakes. */
export const SHORTEST_SIDE = 4;

export interface PictureSize {
  width: number;
  height: number;
}

export const isLevel = (name: string): name is Level =>
  (LEVELS as readonly string[]).includes(name);

/** The model's boxes, each called herniated from the model's own threshold on. */
export function boxesOf(prediction: Prediction): BoxesBySlice {
  const slices: Record<string, EditableBox[]> = {};
  for (const { level, herniation, boxes } of prediction.discs) {
    if (!isLevel(level)) continue;
    for (const [slice, { x, y, width, height }] of Object.entries(boxes)) {
      const answer = isHerniated(herniation, prediction.herniationThreshold);
      const box = { id: level, level, herniation: answer, x, y, width, height };
      slices[slice] = [...(slices[slice] ?? []), { ...box, judged: "unseen" }];
    }
  }
  return slices;
}

/**
 * Replaces the boxes of each slice that a saved label has with the label's boxes. A disc that was
 * judged there has the same answer on all other slices, and is judged there, too.
 */
export function withLabel(slices: BoxesBySlice, label: Said): BoxesBySlice {
  const [said, judged] = [standing(label.slices), judgements(label)];
  const others = Object.entries(slices).map(([slice, boxes]) => [
    slice,
    boxes.map((box) => ({
      ...box,
      herniation: said.get(box.level) ?? box.herniation,
      ...(judged.has(box.level) && { judged: "confirmed" as const }),
    })),
  ]);
  const own = Object.entries(label.slices).map(([slice, boxes]) => [
    slice,
    withIds(boxes, label.kind),
  ]);
  return Object.fromEntries([...others, ...own]);
}

function withIds(boxes: readonly LabelledBox[], kind: Said["kind"]): EditableBox[] {
  const named = new Set<string>();
  return boxes.map((box, index) => {
    const id = named.has(box.level) ? `saved-${index}` : box.level;
    named.add(id);
    return { ...box, id, judged: box.judged ?? (isJudged(box, kind) ? "confirmed" : "unseen") };
  });
}

/** The likeliest level of a new box: the free level next to that of the nearest box. */
export function likelyLevel(boxes: readonly EditableBox[], drawn: Box): Level {
  const height = (box: Box): number => box.y + box.height / 2;
  const nearest = boxes.toSorted(
    (a, b) => Math.abs(height(a) - height(drawn)) - Math.abs(height(b) - height(drawn)),
  )[0];
  const free = LEVELS.filter((level) => !boxes.some((box) => box.level === level));
  if (!nearest || free.length === 0) return free[0] ?? nearest?.level ?? LEVELS[0];
  const named = LEVELS.indexOf(nearest.level);
  const isAbove = height(drawn) < height(nearest);
  const above = free.findLast((level) => LEVELS.indexOf(level) < named);
  const below = free.find((level) => LEVELS.indexOf(level) > named);
  return (isAbove ? (above ?? below) : (below ?? above)) as Level; // one of them: some are free
}

/** Cuts or moves a box to lie inside the picture, and rounds it to tenths of a pixel. */
export function within({ width, height }: PictureSize, box: Box, keepsSize: boolean): Box {
  const inside = keepsSize
    ? { ...box, x: between(0, box.x, width - box.width), y: between(0, box.y, height - box.height) }
    : cut(box, width, height);
  return {
    x: tenths(inside.x),
    y: tenths(inside.y),
    width: tenths(inside.width),
    height: tenths(inside.height),
  };
}

export const isTiny = ({ width, height }: Box): boolean =>
  width < SHORTEST_SIDE || height < SHORTEST_SIDE;

export const sameBox = (a: Box, b: Box): boolean =>
  a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;

/** Overlap of two boxes as intersection over union, 0 to 1. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (a.width * a.height + b.width * b.height - shared);
}

function cut(box: Box, width: number, height: number): Box {
  const x = between(0, box.x, width);
  const y = between(0, box.y, height);
  const right = between(0, box.x + box.width, width);
  const bottom = between(0, box.y + box.height, height);
  return { x, y, width: right - x, height: bottom - y };
}

const between = (low: number, value: number, high: number): number =>
  Math.max(low, Math.min(high, value));

const tenths = (value: number): number => Math.round(value * 10) / 10;
