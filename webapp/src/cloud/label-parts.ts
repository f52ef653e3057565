import { LABEL_MAX_BOXES, LABEL_MAX_BOXES_GRADED, LABEL_MAX_SLICES } from "../limits";
import type { Label } from "../records";
import type { SavedLabel } from "./documents";
import { CloudError } from "./errors";

/** What a label says of discs. */
type Content = Pick<Label, "slices" | "gradings">;

/**
 * Splits what one save says into parts that the database's rules accept; most saves are one part.
 * The first has the gradings, and fewer boxes therefore.
 */
export function inParts({ slices, gradings }: Content): Content[] {
  const parts: Content[] = [];
  const most = (): number =>
    gradings && parts.length === 0 ? LABEL_MAX_BOXES_GRADED : LABEL_MAX_BOXES;
  let [part, boxesInPart]: [Label["slices"], number] = [{}, 0];
  const isThere = (): boolean => Object.keys(part).length > 0;
  const add = (): void => {
    parts.push({ slices: part, ...(gradings && parts.length === 0 && { gradings }) });
    [part, boxesInPart] = [{}, 0];
  };
  for (const [slice, boxes] of Object.entries(slices)) {
    const isFull =
      Object.keys(part).length === LABEL_MAX_SLICES || boxesInPart + boxes.length > most();
    if (isFull && isThere()) add();
    if (boxes.length > most()) {
      const sentence = `Slice ${Number(slice) + 1} has more than ${most()} boxes.`;
      throw new CloudError("refused", `${sentence} Remove some.`);
    }
    part[slice] = boxes;
    boxesInPart += boxes.length;
  }
  add();
  return parts;
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
