import { LEVELS } from "../../../anatomy";
import type { LabelledSlices, NewLabel, SavedLabel } from "../../../cloud/documents";
import type { Prediction } from "../../../records";
import { isHerniated } from "../../../ui/herniation";
import { byReviewer, judgements, type Said, verdict } from "../../../verdict";
import { type BoxesBySlice, boxesOf, type EditableBox, type Level, withLabel } from "./boxes";
import { judgedOf } from "./judged";
import { inOrder, sameLabel, withoutId } from "./label";
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

/**
 * What a save on one series says of another: the same answers, on the boxes that stand there. Null
 * if it shows none of the discs, and if it would only be said again.
 *
 * `namesShift` is how many levels the other series counts further down, which is set right.
 */
export function siblingLabel(
  said: Said,
  author: string,
  series: SiblingSeries,
  namesShift = 0,
): Pick<NewLabel, "kind" | "slices"> | null {
  const { prediction, labels } = series;
  const own = byReviewer(labels).find((label) => label.author === author);
  const answers = judgements(said);
  const there = shifted(standingBoxes(series), namesShift);
  const shown = new Set(levelsOf(there));
  const judged = [...answers.keys()].filter((level) => shown.has(level));
  if (!levelsOf(said.slices).some((level) => shown.has(level))) return null;
  if (judged.length === 0 && own) return null;

  const modelSays = modelAnswers(prediction, namesShift);
  const corrects =
    namesShift !== 0 ||
    own?.kind === "correction" ||
    (said.kind === "correction" && judged.length > 0) ||
    judged.some((level) => answers.get(level) !== modelSays.get(level));
  const corrected = corrects ? correctionOf(labels) : null;
  const boxes = corrects ? there : boxesOf(prediction);
  const numbers = corrected ? Object.keys(corrected.slices) : slicesWith(judged, boxes, prediction);
  // What this reader has said of it before stays said.
  const all = new Map([...(own ? judgements(own) : []), ...answers]);
  const slices = Object.fromEntries(
    numbers.map((slice) => [
      slice,
      inOrder((boxes[slice] ?? []).map((box) => answered(box, slice, all, prediction))),
    ]),
  );
  const label = { kind: corrects ? ("correction" as const) : ("acceptance" as const), slices };
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

/** The slices to save of a series that nobody corrected: the key slice, and one for each disc. */
function slicesWith(
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
