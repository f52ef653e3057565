import { SAME_DISC } from "../../../anatomy";
import { type BoxesBySlice, type EditableBox, type Level, overlap } from "./boxes";
import { type GradingPatch, type GradingsByDisc, withGrading } from "./gradings";

/** The change of one box; `null` stands for "not there". Only the fields that differ are named. */
export interface Patch {
  slice: string;
  id: string;
  before: Partial<EditableBox> | null;
  after: Partial<EditableBox> | null;
}

/** One step that can be undone, made on `slice`; it may change boxes on other slices. */
export interface Change {
  slice: string;
  does: string;
  patches: readonly Patch[];
  /**
   * A name shared by steps that are undone together, such as a box moved by several key presses.
   */
  joins?: string;
  /**
   * The disc whose finding it changes, on whatever slices the disc has boxes by then: such a step is
   * undone from every slice.
   */
  judges?: Level;
  /** The grading that it changes instead of boxes: undone from every slice, too. */
  grades?: GradingPatch;
  /** Counts up with each change, so that changes of different slices have an order. */
  number: number;
}

/** Changes done and undone on each slice, the latest last; plain data, so it can be stored. */
export interface History {
  done: Readonly<Record<string, readonly Change[]>>;
  undone: Readonly<Record<string, readonly Change[]>>;
}

export const NO_HISTORY: History = { done: {}, undone: {} };

/** What the reader's changes are made on. */
export interface Content {
  slices: BoxesBySlice;
  gradings: GradingsByDisc;
}

export function apply(
  { slices, gradings }: Content,
  change: Pick<Change, "patches" | "judges" | "grades">,
): Content {
  if (change.grades) return { slices, gradings: withGrading(gradings, change.grades) };
  return { slices: boxesAfter(slices, change), gradings };
}

function boxesAfter(
  slices: BoxesBySlice,
  { patches, judges }: Pick<Change, "patches" | "judges">,
): BoxesBySlice {
  if (judges) return judged(slices, judges, patches);
  return patches.reduce((all, { slice, id, after }) => patch(all, slice, id, after), slices);
}

/**
 * Adds a change; changes undone before on its slice, and findings of its disc, can no longer be
 * redone.
 */
export function noted(history: History, unnumbered: Omit<Change, "number">): History {
  const change = { ...unnumbered, number: nextNumber(history) };
  const earlier = history.done[change.slice] ?? [];
  const last = earlier.at(-1);
  const joined = last?.joins !== undefined && last.joins === change.joins;
  const done = joined ? [...earlier.slice(0, -1), joinOf(last, change)] : [...earlier, change];
  const undone = Object.entries(history.undone).map(([slice, changes]) => {
    const isOver = ({ judges, grades }: Change) =>
      (judges !== undefined && judges === change.judges) || isSameGrading(grades, change.grades);
    return [slice, slice === change.slice ? [] : changes.filter((each) => !isOver(each))];
  });
  return {
    done: { ...history.done, [change.slice]: done },
    undone: Object.fromEntries(undone),
  };
}

const isSameGrading = (one: GradingPatch | undefined, other: GradingPatch | undefined): boolean =>
  one !== undefined && one.disc === other?.disc && one.name === other.name;

/** The change that the next step would undo or redo: of this slice, or what is said of any disc. */
export function nextStep(
  history: History,
  slice: string,
  direction: "undo" | "redo",
): Change | null {
  const stacks = Object.entries(history[direction === "undo" ? "done" : "undone"]);
  const candidates = stacks.flatMap(([where, stack]) =>
    where === slice ? stack : stack.filter(({ judges, grades }) => judges ?? grades),
  );
  return candidates.toSorted((a, b) => a.number - b.number).at(-1) ?? null;
}

/**
 * Undoes the latest change of a slice or of a disc's finding, or redoes the one undone last. A box
 * that comes back has its disc's finding as it is by now.
 */
export function step(
  history: History,
  content: Content,
  slice: string,
  direction: "undo" | "redo",
): (Content & { history: History; change: Change }) | null {
  const change = nextStep(history, slice, direction);
  if (!change) return null;
  const [from, to] =
    direction === "undo" ? (["done", "undone"] as const) : (["undone", "done"] as const);
  const at = change.slice;
  const there = history[to][at] ?? [];
  return {
    history: {
      ...history,
      [from]: { ...history[from], [at]: history[from][at]?.filter((each) => each !== change) },
      [to]: { ...history[to], [at]: [...there, { ...change, number: nextNumber(history) }] },
    },
    ...apply(
      content,
      withFindings(content.slices, direction === "undo" ? reversed(change) : change),
    ),
    change,
  };
}

/**
 * Repeats changes on other boxes and gradings; `lost` are the changes whose boxes are missing there
 * or belong to another disc. Undone changes can no longer be redone.
 */
export function replay(
  done: Content & { history: History },
  onto: Content,
): Content & { history: History; lost: Change[] } {
  const changes = inOrder(done.history.done);
  const from = changes.reduceRight<Content>((all, change) => apply(all, reversed(change)), done);
  const isOfAnotherDisc = ({ slice, id }: Pick<Patch, "slice" | "id">): boolean => {
    const [was, is] = [from, onto].map(({ slices }) => slices[slice]?.find((box) => box.id === id));
    return was !== undefined && is !== undefined && overlap(was, is) < SAME_DISC;
  };
  const lost: Change[] = [];
  let work: Content & { history: History } = { ...onto, history: NO_HISTORY };
  const repeat = (change: Change): void => {
    work = { history: noted(work.history, change), ...apply(work, change) };
  };
  for (const change of changes) {
    if (change.grades) {
      const { disc, name } = change.grades;
      const where = slicesWith(work.slices, disc);
      const isGone = where.every((slice) => isOfAnotherDisc({ slice, id: disc }));
      const before = work.gradings[disc]?.[name] ?? null;
      if (isGone) lost.push(change);
      else repeat({ ...change, grades: { ...change.grades, before } });
      continue;
    }
    const meant = change.patches.filter((each) => !isOfAnotherDisc(each));
    const patches = meant.flatMap((each) => onBoxesOf(work.slices, each));
    if (patches.length === 0) lost.push(change);
    else repeat({ ...change, patches });
  }
  return { ...work, lost };
}

const slicesWith = (slices: BoxesBySlice, id: string): string[] =>
  Object.keys(slices).filter((slice) => slices[slice]?.some((box) => box.id === id));

/** True if a change of boxes that is not undone says more than that the model is right. */
export const corrects = (history: History): boolean =>
  Object.values(history.done)
    .flat()
    .some(({ patches }) => patches.some((each) => !isConfirmation(each)));

/** True if a patch confirms a box as it is. */
const isConfirmation = ({ before, after }: Patch): boolean =>
  before !== null && after !== null && Object.keys(after).every((field) => field === "judged");

/** The slices with changes of boxes that are not undone. */
export const editedSlices = (history: History): string[] =>
  Object.keys(history.done).filter((slice) => history.done[slice]?.some(({ grades }) => !grades));

/** Changes of gradings that are not undone. */
export const gradingChanges = (history: History): GradingPatch[] =>
  inOrder(history.done).flatMap(({ grades }) => grades ?? []);

const inOrder = (stacks: History["done"]): Change[] =>
  Object.values(stacks)
    .flat()
    .toSorted((a, b) => a.number - b.number);

const nextNumber = ({ done, undone }: History): number =>
  Math.max(0, ...[done, undone].flatMap((stacks) => inOrder(stacks).map((each) => each.number))) +
  1;

/**
 * The patch with the current box as its `before`, in a list; an empty list if the box is missing.
 */
function onBoxesOf(slices: BoxesBySlice, { slice, id, after }: Patch): Patch[] {
  const box = slices[slice]?.find((each) => each.id === id);
  if (!box) return after && isWhole(after) ? [{ slice, id, before: null, after }] : [];
  if (!after) return [{ slice, id, before: box, after }];
  const fields = Object.keys(after) as (keyof EditableBox)[];
  const before = Object.fromEntries(fields.map((field) => [field, box[field]]));
  return [{ slice, id, before, after }];
}

function patch(
  slices: BoxesBySlice,
  slice: string,
  id: string,
  after: Patch["after"],
): BoxesBySlice {
  const boxes = slices[slice] ?? [];
  const there = boxes.some((box) => box.id === id);
  if (after === null) return { ...slices, [slice]: boxes.filter((box) => box.id !== id) };
  if (there) {
    return { ...slices, [slice]: boxes.map((box) => (box.id === id ? { ...box, ...after } : box)) };
  }
  if (!isWhole(after)) return slices; // the box was removed: there is nothing to change
  return { ...slices, [slice]: [...boxes, after] };
}

/** The disc's boxes with the finding of their patch; those without one get that of the others. */
function judged(slices: BoxesBySlice, disc: Level, patches: readonly Patch[]): BoxesBySlice {
  const finding = (slice: string, id: string): Patch["after"] =>
    (patches.find((each) => each.slice === slice && each.id === id) ?? patches[0])?.after ?? null;
  const all = Object.entries(slices).map(([slice, boxes]) => [
    slice,
    boxes.map((box) => (box.level === disc ? { ...box, ...finding(slice, box.id) } : box)),
  ]);
  return Object.fromEntries(all);
}

/** The same change, with boxes that it brings back judged as their discs are by now. */
function withFindings(slices: BoxesBySlice, change: Change): Change {
  const everywhere = Object.values(slices).flat();
  const patches = change.patches.map((each) => {
    const { before, after } = each;
    if (before !== null || !after || !isWhole(after)) return each;
    const other = everywhere.find((box) => box.level === after.level);
    return other ? { ...each, after: { ...after, herniation: other.herniation } } : each;
  });
  return { ...change, patches };
}

const isWhole = (box: Partial<EditableBox>): box is EditableBox =>
  box.id !== undefined && box.level !== undefined && box.width !== undefined;

function reversed(change: Change): Change {
  const patches = change.patches
    .map(({ before, after, ...where }) => ({ ...where, before: after, after: before }))
    .toReversed();
  const { grades } = change;
  return {
    ...change,
    patches,
    ...(grades && { grades: { ...grades, before: grades.after, after: grades.before } }),
  };
}

/** Joins two changes of the same fields of the same box into one. */
function joinOf(first: Change, next: Change): Change {
  const patches = next.patches.map((each, index) => ({
    ...each,
    before: first.patches[index]?.before ?? each.before,
  }));
  return { ...next, patches };
}
