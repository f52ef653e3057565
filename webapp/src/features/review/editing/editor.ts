import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Box, Prediction } from "../../../records";
import {
  type BoxesBySlice,
  type EditableBox,
  isTiny,
  type Level,
  likelyLevel,
  type PictureSize,
  sameBox,
  SHORTEST_SIDE,
  within,
} from "./boxes";
import {
  type Answer,
  differs,
  discIdOf,
  gradingInWords,
  type GradingName,
  type GradingPatch,
} from "./gradings";
import {
  apply,
  type Change,
  type Content,
  corrects,
  editedSlices,
  gradingChanges,
  type History,
  NO_HISTORY,
  nextStep,
  noted,
  type Patch,
  step,
} from "./history";

/** The reader's boxes and gradings and their history, until they are saved. */
export interface Work extends Content {
  history: History;
}

/**
 * The boxes that the reader edits, and gradings of their discs.
 *
 * A box lies on one slice; the finding belongs to the disc, so that changing it on one slice
 * changes it on all. Refused actions leave a sentence in `says`.
 */
export class Editor {
  readonly work = signal<Work>({ slices: {}, gradings: {}, history: NO_HISTORY });
  readonly selectedId = signal<string | null>(null);
  /** While true, the next drag on the picture draws a box. */
  readonly drawing = signal(false);
  /** The latest message: what an undo did, or why an action was refused. */
  readonly says = signal<string | null>(null);

  readonly boxes = computed(() => this.work.value.slices[this.sliceKey.value] ?? []);
  readonly selected = computed(
    () => this.boxes.value.find((box) => box.id === this.selectedId.value) ?? null,
  );
  /** Levels that two boxes of this slice have: one of them is a mistake. */
  readonly namedTwice = computed(() => {
    const levels = this.boxes.value.map((box) => box.level);
    return new Set(levels.filter((level, index) => levels.indexOf(level) !== index));
  });
  readonly edited = computed(() => editedSlices(this.work.value.history));
  readonly isDirty = computed(
    () => this.edited.value.length > 0 || gradingChanges(this.work.value.history).length > 0,
  );
  /** True if the reader did more than to confirm discs and gradings. */
  readonly corrects = computed(() => {
    const { history, gradings } = this.work.value;
    const isCorrected = ({ disc, name }: GradingPatch): boolean => {
      const answer = gradings[disc]?.[name];
      return answer !== undefined && differs({ discs: this.discs }, disc, name, answer);
    };
    return corrects(history) || gradingChanges(history).some(isCorrected);
  });
  readonly canUndo = computed(() => this.can("undo"));
  readonly canRedo = computed(() => this.can("redo"));

  /** Takes a box that is in the hand as it is now; set by the picture that it is dragged on. */
  letGo: () => void = () => {};

  private readonly sliceKey = computed(() => String(this.slice.value));

  constructor(
    readonly picture: PictureSize,
    private readonly slice: ReadonlySignal<number>,
    private readonly discs: Prediction["discs"] = [],
  ) {}

  /** Starts from a model's or a label's boxes, or goes on with earlier work. */
  begin(work: Work): void {
    this.work.value = work;
    this.says.value = null;
  }

  select(id: string | null): void {
    this.selectedId.value = id;
  }

  /** Adds a box that the reader drew; it gets the likeliest free level. */
  drawn(box: Box): void {
    this.drawing.value = false;
    const shape = within(this.picture, box, false);
    if (isTiny(shape)) return this.refuse(TOO_SMALL);
    const level = likelyLevel(this.boxes.peek(), shape);
    const id = freshId(this.work.peek().slices);
    const herniation = this.judgedElsewhere(level) ?? false;
    const added = { ...shape, id, level, herniation, judged: "added" as const };
    this.change(`${level} added`, [this.patch(id, null, added)]);
    this.select(id);
  }

  /** Moves or resizes a box; steps with the same `joins` are undone together. */
  reshape(id: string, wanted: Box, joins?: string): void {
    const box = this.find(id);
    if (!box) return;
    const keepsSize = nearly(wanted.width, box.width) && nearly(wanted.height, box.height);
    const shape = within(this.picture, wanted, keepsSize);
    if (isTiny(shape)) return this.refuse(TOO_SMALL);
    if (sameBox(shape, box)) return;
    const { x, y, width, height } = box;
    this.change(
      `${box.level} ${keepsSize ? "moved" : "resized"}`,
      [this.patch(id, { x, y, width, height }, shape)],
      joins === undefined ? {} : { joins },
    );
  }

  nudge(dx: number, dy: number): void {
    const box = this.selected.peek();
    if (!box) return this.refuse(SELECT_FIRST);
    this.reshape(box.id, { ...box, x: box.x + dx, y: box.y + dy }, `nudge ${box.id}`);
  }

  /** Moves the right or the lower edge of the selected box. */
  stretch(dx: number, dy: number): void {
    const box = this.selected.peek();
    if (!box) return this.refuse(SELECT_FIRST);
    const [width, height] = [box.width + dx, box.height + dy];
    this.reshape(box.id, { ...box, width, height }, `stretch ${box.id}`);
  }

  remove(): void {
    const box = this.selected.peek();
    if (!box) return this.refuse(SELECT_FIRST);
    this.change(`${box.level} removed`, [this.patch(box.id, box, null)]);
    this.select(null);
  }

  /**
   * Handles a level's key: selects that level's box, or gives the level to the selected box if the
   * slice has none. Returns false if there is neither.
   */
  pressLevel(level: Level): boolean {
    const named = this.boxes.peek().find((box) => box.level === level);
    const selected = this.selected.peek();
    if (named) this.select(named.id);
    else if (selected) this.setLevel(selected.id, level);
    return Boolean(named ?? selected);
  }

  setLevel(id: string, level: Level): void {
    const box = this.find(id);
    if (!box || box.level === level) return;
    const patch = this.patch(id, { level: box.level }, { level });
    this.change(`${box.level} is now ${level}`, [patch]);
  }

  /** Sets the finding of the disc on every slice that shows it. */
  setHerniation(id: string, herniation: boolean): void {
    const box = this.find(id);
    if (!box || box.herniation === herniation) return;
    const patches = this.judge(box.level, "changed", { herniation });
    this.change(`${box.level}: ${answerOf(herniation)}`, patches, { judges: box.level });
  }

  /** Confirms the answer about the selected disc on every slice that shows it. */
  confirm(): void {
    const box = this.selected.peek();
    if (!box) return this.refuse(SELECT_FIRST);
    const patches = this.judge(box.level, "confirmed");
    if (patches.every(({ before }) => before?.judged !== "unseen")) {
      return this.refuse(`${box.level} is your answer already.`);
    }
    const does = `${box.level}: ${answerOf(box.herniation)}, confirmed`;
    this.change(does, patches, { judges: box.level });
  }

  toggleHerniation(): void {
    const box = this.selected.peek();
    if (!box) return this.refuse(SELECT_FIRST);
    this.setHerniation(box.id, !box.herniation);
  }

  /** Gives the selected disc a grading; the one that it has already is taken back. */
  grade(name: GradingName, wanted: Answer): void {
    const box = this.selected.peek();
    if (!box) return this.refuse(SELECT_FIRST);
    const { slices, gradings } = this.work.peek();
    const disc = discIdOf(slices, box);
    const before = gradings[disc]?.[name] ?? null;
    const isTakenBack = before === wanted;
    const does = `${box.level}: ${gradingInWords(name, wanted)}${isTakenBack ? ", taken back" : ""}`;
    this.change(does, [], { grades: { disc, name, before, after: isTakenBack ? null : wanted } });
  }

  undo(): void {
    this.go("undo");
  }

  redo(): void {
    this.go("redo");
  }

  refuse(sentence: string): void {
    this.says.value = sentence;
  }

  /** Patches of all boxes of a level, on whichever slice. */
  private judge(
    level: Level,
    judged: "confirmed" | "changed",
    answer: Partial<Pick<EditableBox, "herniation">> = {},
  ): Patch[] {
    return Object.entries(this.work.peek().slices).flatMap(([slice, boxes]) =>
      boxes
        .filter((box) => box.level === level)
        .map(({ id, herniation, judged: before = "unseen" }) => ({
          slice,
          id,
          before: { ...("herniation" in answer && { herniation }), judged: before },
          // A box that the reader added stays one, and what they changed is more than confirmed.
          after: {
            ...answer,
            judged: before === "added" || before === "changed" ? before : judged,
          },
        })),
    );
  }

  private go(direction: "undo" | "redo"): void {
    this.letGo();
    const work = this.work.peek();
    const result = step(work.history, work, this.sliceKey.peek(), direction);
    if (!result) return this.refuse(`Nothing to ${direction} on this slice.`);
    const { change, ...now } = result;
    this.work.value = now;
    this.says.value = `${direction === "undo" ? "Undone" : "Done again"}: ${change.does}`;
  }

  private change(
    does: string,
    patches: Patch[],
    traits: Pick<Change, "joins" | "judges" | "grades"> = {},
  ): void {
    const change = { slice: this.sliceKey.peek(), does, patches, ...traits };
    const work = this.work.peek();
    this.work.value = { ...apply(work, change), history: noted(work.history, change) };
    this.says.value = does;
  }

  private patch(id: string, before: Patch["before"], after: Patch["after"]): Patch {
    return { slice: this.sliceKey.peek(), id, before, after };
  }

  private find(id: string): EditableBox | undefined {
    return this.boxes.peek().find((box) => box.id === id);
  }

  private judgedElsewhere(level: Level): boolean | undefined {
    const everywhere = Object.values(this.work.peek().slices).flat();
    return everywhere.find((box) => box.level === level)?.herniation;
  }

  private can(direction: "undo" | "redo"): boolean {
    return nextStep(this.work.value.history, this.sliceKey.value, direction) !== null;
  }
}

const answerOf = (herniation: boolean): string => (herniation ? "herniated" : "not herniated");

export const SELECT_FIRST = "Select a box first: click it, or go to it with Tab.";
const TOO_SMALL = `A box needs sides of at least ${SHORTEST_SIDE} pixels. Nothing was changed.`;

/** True for equal sizes but for rounding errors, which dragging a box adds. */
const nearly = (a: number, b: number): boolean => Math.abs(a - b) < 0.05;

function freshId(slices: BoxesBySlice): string {
  const taken = new Set(Object.values(slices).flatMap((boxes) => boxes.map(({ id }) => id)));
  let number = 1;
  while (taken.has(`added-${number}`)) number += 1;
  return `added-${number}`;
}
