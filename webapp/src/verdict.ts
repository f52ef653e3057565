import type { LabelledSlices, SavedLabel } from "./cloud/documents";
import type { Label, LabelledBox } from "./records";

/** The boxes that count for a scan, and the labels they come from. */
export interface Verdict {
  kind: Label["kind"];
  /** Of each reviewer who counts, the oldest first. */
  labels: readonly SavedLabel[];
  /** The label whose boxes count. */
  newest: SavedLabel;
  /** The newest's boxes with the answers of most. */
  slices: LabelledSlices;
}

/**
 * Decides what the labels of one scan amount to, as `discai/records/verdict.py` has it: the rule stands
 * there, and both are held to `tests/support/vectors/verdicts.json`. Labels come as whole saves in
 * the order of their time.
 */
export function verdict(labels: readonly SavedLabel[]): Verdict | null {
  const each = byReviewer(labels);
  const corrections = each.filter(({ kind }) => kind === "correction");
  const counted = corrections.length > 0 ? corrections : each;
  const newest = counted.at(-1);
  return newest
    ? { kind: newest.kind, labels: counted, newest, slices: judged(newest, counted) }
    : null;
}

/** Picks the one label of each reviewer: the newest correction, without any the newest acceptance. */
export function byReviewer(labels: readonly SavedLabel[]): SavedLabel[] {
  const one = new Map<string, SavedLabel>();
  for (const label of labels) {
    if (one.get(label.author)?.kind === "correction" && label.kind === "acceptance") continue;
    one.delete(label.author); // so that the newest comes last
    one.set(label.author, label);
  }
  return [...one.values()];
}

/** Answer of a label on each disc: herniated if it is so on any slice. */
export function judgements(slices: LabelledSlices): Map<LabelledBox["level"], boolean> {
  const said = new Map<LabelledBox["level"], boolean>();
  for (const { level, herniation } of Object.values(slices).flat()) {
    said.set(level, herniation || said.get(level) === true);
  }
  return said;
}

/** The newest's boxes; a disc that most judge otherwise is changed on each of its slices. */
function judged(newest: SavedLabel, labels: readonly SavedLabel[]): LabelledSlices {
  const own = judgements(newest.slices);
  const all = labels.map((label) => judgements(label.slices));
  const isAsMost = (level: LabelledBox["level"]): boolean => {
    const votes = all.flatMap((said) => said.get(level) ?? []);
    const herniated = 2 * votes.filter(Boolean).length;
    return herniated === votes.length || own.get(level) === herniated > votes.length;
  };
  const asMost = (box: LabelledBox): LabelledBox =>
    isAsMost(box.level) ? box : { ...box, herniation: !own.get(box.level) };
  return Object.fromEntries(
    Object.entries(newest.slices).map(([slice, boxes]) => [slice, boxes.map(asMost)]),
  );
}
