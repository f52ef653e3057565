import { LEVELS } from "../../../anatomy";
import type { LabelledSlices, SavedLabel } from "../../../cloud/documents";
import type { Prediction } from "../../../records";
import { isHerniated } from "../../../ui/herniation";
import { byReviewer, judgements, type LabelsGradings, type Said, verdict } from "../../../verdict";
import { type BoxesBySlice, boxesOf, type EditableBox, type Level, withLabel } from "./boxes";
import { judgedOf } from "./judged";
import { asSaved, correctsModel, joinedGradings, without } from "./gradings";
import { inOrder, type SaidInLabel, sameLabel, slicesWith, withoutId } from "./label";
import { shifted } from "./naming";

/** Another series of the study, as far as a save on this one touches it. */
export interface SiblingSeries {
  prediction: Prediction;
  labels: readonly SavedLabel[];
}

/** The boxes that stand for a series: those of whoever corrected it last, else its own reading's. */
export function standingBoxes({ prediction, labels }: SiblingSeries): BoxesBySlice {
  const corrected = correctionOf(labels);
  return corrected ? withLabel({}, corrected) : boxesOf(prediction);
}

/** What a save on one series says. */
type SaidOfStudy = Said & {
  gradings?: LabelsGradings;
  /** Gradings that its author had given before and has taken back. */
  takenBack?: LabelsGradings;
};

/**
 * What a save on one series says of another: the same answers, on the boxes that stand there. Null
 * if it shows none of the discs, and if it would only be said again.
 *
 * `namesShift` is how many levels the other series counts further down, which is set right.
 */
export function siblingLabel(
  said: SaidOfStudy,
  author: string,
  series: SiblingSeries,
  namesShift = 0,
): SaidInLabel | null {
  const { prediction, labels } = series;
  const own = byReviewer(labels).find((label) => label.author === author);
  const answers = judgements(said);
  const there = shifted(standingBoxes(series), namesShift);
  const shown = new Set(levelsOf(there));
  const judged = [...answers.keys()].filter((level) => shown.has(level));
  if (!levelsOf(said.slices).some((level) => shown.has(level))) return null;
  const graded = Object.fromEntries(
    Object.entries(said.gradings ?? {}).filter(([level]) => shown.has(level as Level)),
  );
  const isGraded = Object.keys(graded).length > 0;
  const kept = without(own?.gradings ?? {}, said.takenBack ?? {});
  const isTakenBack = own?.gradings && JSON.stringify(kept) !== JSON.stringify(own.gradings);
  if (judged.length === 0 && !isGraded && !isTakenBack && own) return null;

  const modelSays = modelAnswers(prediction, namesShift);
  const corrects =
    namesShift !== 0 ||
    own?.kind === "correction" ||
    (said.kind === "correction" && (judged.length > 0 || isGraded)) ||
    correctsModel(graded, prediction, (level) => nameThere(level, namesShift)) ||
    judged.some((level) => answers.get(level) !== modelSays.get(level));
  const corrected = corrects ? correctionOf(labels) : null;
  const told = [...judged, ...LEVELS.filter((level) => level in graded)];
  const boxes = corrects ? there : boxesOf(prediction);
  const numbers = corrected ? Object.keys(corrected.slices) : slicesWith(told, boxes, prediction);
  // What this reader has said of it before stays said.
  const all = new Map([...(own ? judgements(own) : []), ...answers]);
  const slices = Object.fromEntries(
    numbers.map((slice) => [
      slice,
      inOrder((boxes[slice] ?? []).map((box) => answered(box, slice, all, prediction))),
    ]),
  );
  const label: SaidInLabel = {
    kind: corrects ? "correction" : "acceptance",
    slices,
    ...asSaved(joinedGradings(kept, graded)),
  };
  return own && sameLabel(own, label) ? null : label;
}

/** The correction whose boxes count; null if nobody has corrected the series. */
function correctionOf(labels: readonly SavedLabel[]): SavedLabel | null {
  const counted = verdict(labels);
  return counted?.kind === "correction" ? counted.newest : null;
}

const levelsOf = (slices: LabelledSlices): Level[] =>
  Object.values(slices)
    .flat()
    .map(({ level }) => level);

/** The other series' own name of a disc; null where it would have none. */
const nameThere = (level: string, shift: number): string | null =>
  LEVELS[LEVELS.findIndex((each) => each === level) + shift] ?? null;

/** The model's answer on each disc, by the names that hold for all series. */
function modelAnswers(
  { discs, herniationThreshold }: Prediction,
  shift: number,
): Map<Level, boolean> {
  return new Map(
    discs.flatMap(({ level, herniation }) => {
      const name = LEVELS[LEVELS.findIndex((each) => each === level) - shift];
      return name ? [[name, isHerniated(herniation, herniationThreshold)] as const] : [];
    }),
  );
}

function answered(
  box: EditableBox,
  slice: string,
  answers: ReadonlyMap<Level, boolean>,
  prediction: Prediction,
): ReturnType<typeof withoutId> {
  const answer = answers.get(box.level);
  if (answer === undefined) return { ...withoutId(box), judged: "unseen" };
  const said = {
    ...box,
    herniation: answer,
    judged: box.judged === "added" ? "added" : "confirmed",
  } as const;
  return { ...withoutId(said), judged: judgedOf(said, slice, prediction) };
}
