import { LABEL_MAX_BOXES, LABEL_MAX_SLICES } from "../limits";
import type { Label } from "../records";
import type { SavedLabel } from "./documents";
import { CloudError } from "./errors";

/**
 * Splits the slices of one save into parts that the database's rules accept; most saves are one
 * part.
 */
export function inParts(slices: Label["slices"]): Label["slices"][] {
  const parts: Label["slices"][] = [];
  let [part, boxesInPart]: [Label["slices"], number] = [{}, 0];
  for (const [slice, boxes] of Object.entries(slices)) {
    if (boxes.length > LABEL_MAX_BOXES) {
      const sentence = `Slice ${Number(slice) + 1} has more than ${LABEL_MAX_BOXES} boxes.`;
      throw new CloudError("refused", `${sentence} Remove some.`);
    }
    const isFull =
      Object.keys(part).length === LABEL_MAX_SLICES || boxesInPart + boxes.length > LABEL_MAX_BOXES;
    if (isFull) {
      parts.push(part);
      [part, boxesInPart] = [{}, 0];
    }
    part[slice] = boxes;
    boxesInPart += boxes.length;
  }
  return [...parts, part];
}

/** Joins the parts of each save into one label, under the id of the first part. */
export function putTogether(labels: readonly SavedLabel[]): SavedLabel[] {
  const saves = new Map<string, SavedLabel>();
  for (const label of labels) {
    const { author, kind, createdAt, modelVersion } = label;
    const save = [author, kind, modelVersion, createdAt.toMillis()].join(" ");
    const first = saves.get(save);
    saves.set(save, first ? joined(first, label) : label);
  }
  return [...saves.values()];
}

function joined(first: SavedLabel, part: SavedLabel): SavedLabel {
  const slices = { ...first.slices, ...part.slices };
  const gradings = { ...first.gradings, ...part.gradings };
  return { ...first, slices, ...(Object.keys(gradings).length > 0 && { gradings }) };
}
