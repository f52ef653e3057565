import { GRADINGS, LEVELS } from "./anatomy";
import type { LabelledSlices, SavedLabel } from "./cloud/documents";
import type { Label, LabelledBox, LabelledGradings } from "./records";

/** How a person has judged a box; see `LabelledBox`. */
export type Judged = NonNullable<LabelledBox["judged"]>;

/** What people say of discs beside herniation, by level. */
export type LabelsGradings = NonNullable<Label["gradings"]>;

/** The part of a label that says something. */
export type Said = Pick<Label, "kind"> & { slices: LabelledSlices };

/** The boxes and gradings that count for a scan, and the labels they come from. */
export interface Verdict {
  kind: Label["kind"];
  /** Of each reviewer who counts, the oldest first. */
  labels: readonly SavedLabel[];
  /** The label whose boxes count. */
  newest: SavedLabel;
  /** The newest's boxes with the answers of most. */
  slices: LabelledSlices;
  /** By level, each that a reviewer gave. */
  gradings: LabelsGradings;
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
  if (!newest) return null;
  const slices = weighed(newest, counted);
  return { kind: newest.kind, labels: counted, newest, slices, gradings: graded(counted) };
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

/**
 * True if the box's answer is a person's, in a label of that kind. Labels of earlier versions don't
 * say: who corrected a scan counts as having judged each of its boxes, who accepted it none.
 */
export const isJudged = ({ judged }: LabelledBox, kind: Label["kind"]): boolean =>
  judged === undefined ? kind === "correction" : judged !== "unseen";

/** Answer that stands for each disc, whoever gave it: herniated if it is so on any slice. */
export function standing(slices: LabelledSlices): Map<LabelledBox["level"], boolean> {
  const said = new Map<LabelledBox["level"], boolean>();
  for (const { level, herniation } of Object.values(slices).flat()) {
    said.set(level, herniation || said.get(level) === true);
  }
  return said;
}

/** Answer of a label's author on each disc that they judged, on whichever slice. */
export function judgements({ kind, slices }: Said): Map<LabelledBox["level"], boolean> {
  const answered = Object.entries(slices).map(([slice, boxes]) => [
    slice,
    boxes.filter((box) => isJudged(box, kind)),
  ]);
  return standing(Object.fromEntries(answered));
}

/** The newest's boxes; a disc that most judge otherwise is changed on each of its slices. */
function weighed(newest: SavedLabel, labels: readonly SavedLabel[]): LabelledSlices {
  const all = labels.map(judgements);
  const own = new Map([...standing(newest.slices), ...judgements(newest)]);
  const asMost = (box: LabelledBox): LabelledBox => {
    const most = mostOf(all.flatMap((said) => said.get(box.level) ?? []));
    if (most === null) return box;
    if (!isJudged(box, newest.kind)) {
      const how = most === box.herniation ? "confirmed" : "changed";
      return { ...box, herniation: most, judged: how };
    }
    return most === own.get(box.level) ? box : { ...box, herniation: most };
  };
  return Object.fromEntries(
    Object.entries(newest.slices).map(([slice, boxes]) => [slice, boxes.map(asMost)]),
  );
}

/** What most say of each level that anybody graded. */
function graded(labels: readonly SavedLabel[]): LabelsGradings {
  const gradings: LabelsGradings = {};
  for (const level of LEVELS) {
    const given = labels.flatMap((label) => label.gradings?.[level] ?? []);
    if (given.length > 0) gradings[level] = gradingsOfMost(given);
  }
  return gradings;
}

function gradingsOfMost(given: readonly LabelledGradings[]): LabelledGradings {
  const most = GRADINGS.map((name) => [name, mostOf(given.flatMap((each) => each[name] ?? []))]);
  return Object.fromEntries(most.filter(([, answer]) => answer !== null));
}

/** The answer of most who gave one, null if nobody did; of several as frequent the last. */
function mostOf<Answer>(votes: readonly Answer[]): Answer | null {
  const votesFor = (answer: Answer): number => votes.filter((vote) => vote === answer).length;
  const most = Math.max(...votes.map(votesFor));
  return votes.findLast((answer) => votesFor(answer) === most) ?? null;
}
