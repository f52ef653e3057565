import { LEVELS } from "../../../anatomy";
import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Labels, User } from "../../../cloud/cloud";
import type { NewLabel, SavedLabel } from "../../../cloud/documents";
import type { CloudError } from "../../../cloud/errors";
import type { Stop } from "../../../cloud/live";
import type { Prediction, ScanRecord } from "../../../records";
import { clockTime } from "../../../ui/format";
import { byReviewer, type LabelsGradings, verdict } from "../../../verdict";
import type { Outbox } from "../../labels/outbox";
import { Asking } from "./asking";
import { boxesOf, type EditableBox, withLabel } from "./boxes";
import type { Draft, DraftPlace, Drafts, DraftState } from "./drafts";
import { Editor, type Work } from "./editor";
import { type Change, type Content, NO_HISTORY, replay } from "./history";
import { judgedDiscs } from "./judged";
import { asSaved, gradingsByLevel, takenBack } from "./gradings";
import { labelledSlices, objection, type SaidInLabel, sameLabel, slicesWith } from "./label";
import type { OnScreen, Siblings } from "./siblings";
import { StudySave } from "./study-save";

/** The parts of the scan on the screen that a review uses. */
export interface ScanOnScreen {
  readonly scanId: string;
  readonly scan: ReadonlySignal<Pick<ScanRecord, "study"> | null>;
  readonly slice: ReadonlySignal<number>;
  /** The time at which this model's first picture was shown, in milliseconds of the steady clock. */
  readonly shownAt: ReadonlySignal<number | null>;
  /** The model version that the reader chose to see; null follows the scan's newest. */
  readonly chosenVersion: Signal<string | null>;
  goTo(slice: number): void;
}

/** The reviewer, and the stores for drafts and labels. */
export interface ReviewDependencies {
  user: User;
  labels: Labels;
  drafts: Drafts;
  outbox: Outbox;
  /** The other series of the study. */
  siblings: Siblings;
  newId: () => string;
  /** The time in milliseconds since 1970. */
  now: () => number;
  /** The time in milliseconds of a clock that nobody can set. */
  steady: () => number;
}

/** Nothing is saved before this time: a key pressed twice must not label the next scan unseen. */
const TOO_SOON_MS = 700;

/** One reviewer's work on one model's boxes: the draft, everybody's labels, the saving. */
export class Review {
  readonly editor: Editor;
  /** The slice on the screen, counted from 0. */
  readonly slice: ReadonlySignal<number>;
  readonly labels = signal<readonly SavedLabel[]>([]);
  readonly draft = signal<DraftState>({ kind: "none" });

  /** This reader's newest label of this model's boxes. */
  readonly ownLabel = computed(() => this.ownLabels.value.at(-1) ?? null);
  /** The reader's own correction: it counts before acceptances, even later ones. */
  readonly ownCorrection = computed(
    () => this.ownLabels.value.findLast(({ kind }) => kind === "correction") ?? null,
  );
  /** How the reader has judged each disc until now, by its level. */
  readonly judged = computed(() => judgedDiscs(this.editor.work.value.slices, this.prediction));
  /** The reader's gradings by the names that discs have here, or on the key slice. */
  readonly gradings = computed(() =>
    gradingsByLevel(this.editor.work.value, [
      String(this.slice.value),
      String(this.prediction.keySlice),
    ]),
  );
  /** The question for doubtful discs before the predictions are accepted. */
  readonly asking: Asking;
  /** The verdict that trains and is exported: from everybody's labels, of any model's boxes. */
  readonly counted = computed(() => verdict(this.labels.value));
  /** What a save means for the other series of the study. */
  readonly forStudy: StudySave;
  /** The one label of each other reader that counts: corrections before acceptances. */
  readonly others = computed(() =>
    byReviewer(this.labels.value).filter(({ author }) => author !== this.deps.user.uid),
  );
  /** True if the next undo brings back what was discarded last. */
  readonly canBringBack = computed(
    () => this.discarded.value !== null && !this.editor.isDirty.value,
  );
  readonly canUndo = computed(() => this.editor.canUndo.value || this.canBringBack.value);
  /** Labels that others saved while the scan was open. */
  readonly arrivedMeanwhile = computed(() =>
    this.others.value.filter((label) => this.firstSeen && !this.firstSeen.has(label.id)),
  );

  private readonly ownLabels = computed(() =>
    this.labels.value.filter(
      ({ author, modelVersion }) =>
        author === this.deps.user.uid && modelVersion === this.prediction.modelVersion,
    ),
  );
  /** The reader's label to start from. */
  private readonly basis = computed(() => this.ownCorrection.value ?? this.ownLabel.value);
  private stops: Stop[] = [];
  /** The boxes as they were at the start: no draft is stored of them. */
  private begun: Work | null = null;
  /** The id of the reader's label that the changes build on. */
  private basedOn: string | null = null;
  private readonly draftPlace: DraftPlace;
  private readonly discarded = signal<Omit<Draft, "savedAt"> | null>(null);
  /** The labels that were there when the scan was opened. */
  private firstSeen: ReadonlySet<string> | null = null;

  constructor(
    private readonly onScreen: ScanOnScreen,
    readonly prediction: Prediction,
    private readonly deps: ReviewDependencies,
  ) {
    const { modelVersion, sliceWidth: width, sliceHeight: height } = prediction;
    this.draftPlace = { uid: deps.user.uid, scanId: onScreen.scanId, modelVersion };
    this.slice = onScreen.slice;
    this.editor = new Editor({ width, height }, onScreen.slice, prediction.discs);
    this.forStudy = new StudySave(deps.siblings, () => this.shown());
    this.asking = new Asking(this.editor, prediction, this.judged, (level) =>
      this.selectDisc(level),
    );
  }

  start(broken: (error: CloudError) => void): void {
    const known = this.deps.drafts.load(this.draftPlace);
    if (known) this.restore(known.draft, known.state);
    else this.begin();
    this.stops = [
      this.deps.labels.watch(this.onScreen.scanId, (labels) => this.labelsSeen(labels), broken),
      effect(() => this.keep()),
    ];
  }

  /** Ends the review; a box that is in the hand stays where it is, in the draft. */
  end(): void {
    this.editor.letGo();
    for (const stop of this.stops) stop();
  }

  /** The time of a draft of the same boxes that another tab has; null without one. */
  draftBesides(): number | null {
    void this.draft.value;
    return this.deps.drafts.besides(this.draftPlace);
  }

  /** The box shown for a level: on this slice, else on the key slice, else on any. */
  boxOf(level: string): { slice: number; box: EditableBox } | null {
    const { slices } = this.editor.work.value;
    const order = [this.slice.value, this.prediction.keySlice, ...Object.keys(slices)];
    for (const slice of order) {
      const box = slices[String(slice)]?.find((each) => each.level === level);
      if (box) return { slice: Number(slice), box };
    }
    return null;
  }

  /** Selects a level's box, and turns to the slice that shows it best if this one doesn't. */
  selectDisc(level: string): void {
    const { editor, prediction, onScreen } = this;
    const onSlice = (slice: number): EditableBox | undefined =>
      editor.work.peek().slices[String(slice)]?.find((box) => box.level === level);
    const disc = prediction.discs.find((each) => each.level === level);
    const edited = editor.edited.peek().map(Number);
    const slice = [onScreen.slice.peek(), disc?.slice, prediction.keySlice, ...edited].find(
      (each) => each !== undefined && onSlice(each),
    );
    if (slice === undefined) return editor.refuse(`No slice has a box called ${level}.`);
    onScreen.goTo(slice);
    editor.select(onSlice(slice)?.id ?? null);
  }

  discardDraft(): void {
    this.editor.letGo();
    const discarded = { ...this.editor.work.peek(), basedOn: this.basedOn };
    this.startOver();
    this.discarded.value = discarded;
    this.editor.says.value = "Changes discarded.";
  }

  /** Undoes a change on this slice; without any change left, brings back what was discarded. */
  undo(): void {
    this.editor.letGo();
    if (this.canBringBack.peek()) this.bringBack();
    else this.editor.undo();
  }

  /** Saves the reader's boxes; returns false and shows the reason if it can't. */
  saveCorrections(scanName: string): boolean {
    this.editor.letGo();
    const confirmsMore = this.editor.isDirty.peek() && this.ownCorrection.peek() !== null;
    if (!this.editor.corrects.peek() && !confirmsMore) {
      this.editor.refuse("Nothing was corrected. Press A if the model is right.");
      return false;
    }
    return this.save("correction", this.corrected(), scanName);
  }

  /**
   * Saves the model's boxes on the key slice. Doubtful discs are asked for first: then it returns
   * false, and is called again once they are answered.
   */
  acceptPredictions(scanName: string): boolean {
    this.editor.letGo();
    if (this.editor.corrects.peek()) {
      this.editor.refuse(
        "You have changed boxes or gradings: save them with S, or discard them first.",
      );
      return false;
    }
    if (this.ownCorrection.peek()) {
      this.editor.refuse(
        "You corrected this scan, and of one scan corrections count before acceptances. " +
          "If the model was right, change them back and press S.",
      );
      return false;
    }
    if (this.asking.start()) return false;
    return this.save("acceptance", [], scanName);
  }

  /** The slices beside the key slice whose boxes a correction saves. */
  private corrected(): string[] {
    return [...this.editor.edited.value, ...Object.keys(this.ownCorrection.value?.slices ?? {})];
  }

  /** The boxes that a label of these slices has. */
  private labelled(edited: readonly string[]): NewLabel["slices"] {
    return labelledSlices(this.editor.work.value.slices, this.prediction, edited);
  }

  /** The slices that a label needs, so that it shows where each graded disc lies. */
  private showing(gradings: LabelsGradings): string[] {
    const graded = LEVELS.filter((level) => level in gradings);
    return slicesWith(graded, this.editor.work.peek().slices, this.prediction);
  }

  /** The boxes that name the discs, and where they lie. */
  private shown(): OnScreen {
    const study = this.onScreen.scan.value?.study ?? null;
    return { slices: this.labelled(this.corrected()), prediction: this.prediction, study };
  }

  private save(kind: NewLabel["kind"], edited: readonly string[], scanName: string): boolean {
    const shownAt = this.onScreen.shownAt.peek();
    if (shownAt === null || this.deps.steady() - shownAt < TOO_SOON_MS) {
      this.editor.refuse("These boxes have only just appeared: look at them, then press again.");
      return false;
    }
    const gradings = gradingsByLevel(this.editor.work.peek(), Object.keys(this.labelled(edited)));
    const slices = this.labelled([...edited, ...this.showing(gradings)]);
    const said: SaidInLabel = { kind, slices, ...asSaved(gradings) };
    const problem = objection(slices);
    const sentence = problem?.sentence ?? this.forStudy.objection();
    if (sentence) {
      if (problem) this.onScreen.goTo(problem.slice);
      this.editor.refuse(sentence);
      return false;
    }
    const { user, outbox, newId, now } = this.deps;
    const { modelVersion } = this.prediction;
    const label = { ...said, author: user.uid, authorEmail: user.email, modelVersion };
    const begunOn = this.basis.peek()?.gradings ?? {};
    const others = this.forStudy.labelsOf(label, takenBack(begunOn, gradings));
    const own = this.ownLabel.peek();
    if (own && others.length === 0 && sameLabel(own, said)) {
      this.editor.refuse("You have saved exactly this before; it is not saved twice.");
      return false;
    }
    this.startOver(); // makes room for the label in a full storage
    const { scanId } = this.onScreen;
    outbox.add({ labelId: newId(), scanId, scanName, label, others, savedAt: now() });
    return true;
  }

  private labelsSeen(labels: SavedLabel[]): void {
    this.firstSeen ??= new Set(labels.map(({ id }) => id));
    this.labels.value = labels;
    this.followOwnCorrection();
  }

  private followOwnCorrection(): void {
    if (this.basisId() === this.basedOn) return;
    if (this.editor.isDirty.peek()) this.rebase();
    else this.begin();
  }

  /** Repeats the changes on a correction that another tab saved, so that saving here keeps it. */
  private rebase(): void {
    const { lost, ...work } = replay(this.editor.work.peek(), this.untouched());
    this.basedOn = this.basisId();
    this.editor.begin(work);
    this.editor.says.value = rebasedInWords(this.basis.peek(), lost);
  }

  private basisId(): string | null {
    return this.basis.peek()?.id ?? null;
  }

  private untouched(): Content {
    const own = this.basis.peek();
    const predicted = boxesOf(this.prediction);
    return {
      slices: own ? withLabel(predicted, own) : predicted,
      gradings: own?.gradings ?? {}, // by level, which is the id of what a label has
    };
  }

  private bringBack(): void {
    const discarded = this.discarded.peek();
    if (!discarded) return;
    const { basedOn, ...work } = discarded;
    this.discarded.value = null;
    this.basedOn = basedOn;
    this.editor.begin({ gradings: {}, ...work });
    this.editor.says.value = "The discarded changes are back.";
    if (this.firstSeen) this.followOwnCorrection();
  }

  private restore({ savedAt: _, basedOn, ...work }: Draft, state: DraftState): void {
    this.goOn({ gradings: {}, ...work }, basedOn);
    this.draft.value = state;
  }

  private startOver(): void {
    this.forgetDraft();
    this.discarded.value = null;
    this.begin();
  }

  private begin(): void {
    this.goOn({ ...this.untouched(), history: NO_HISTORY }, this.basisId());
  }

  private goOn(work: Work, basedOn: string | null): void {
    this.begun = work;
    this.basedOn = basedOn;
    this.asking.stop();
    this.editor.begin(work);
  }

  /** Stores the draft at each change, and removes it when no change is left. */
  private keep(): void {
    const work = this.editor.work.value;
    if (work === this.begun) return;
    // A newer model's reading must not replace these boxes.
    this.onScreen.chosenVersion.value = this.prediction.modelVersion;
    if (!this.editor.isDirty.peek()) return this.forgetDraft();
    const { basedOn } = this;
    this.draft.value = this.deps.drafts.save(this.draftPlace, { ...work, basedOn });
  }

  private forgetDraft(): void {
    this.deps.drafts.discard(this.draftPlace);
    this.draft.value = { kind: "none" };
  }
}

function rebasedInWords(own: SavedLabel | null, lost: readonly Change[]): string {
  const boxes = own
    ? `Your ${own.kind} of ${clockTime(own.createdAt.toDate())} has arrived: its boxes are shown now.`
    : "Your earlier correction did not arrive: the model's boxes are shown now.";
  const gone = lost.map(({ slice, does }) => `slice ${Number(slice) + 1}: ${does}`).join("; ");
  const rest = gone && `, except those whose boxes are gone (${gone})`;
  return `${boxes} Your changes here stay on top${rest}.`;
}
