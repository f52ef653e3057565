import { GRADINGS } from "../../../anatomy";
import type { Disc, Label, LabelledGradings, Prediction } from "../../../records";
import type { LabelsGradings } from "../../../verdict";
import { type BoxesBySlice, type EditableBox, isLevel } from "./boxes";

export type GradingName = (typeof GRADINGS)[number];

/** A Pfirrmann grade, or whether a disc has a finding. */
export type Answer = number | boolean;

/** What the reader says of discs beside herniation, by the id of the disc's boxes. */
export type GradingsByDisc = Readonly<Record<string, LabelledGradings>>;

/** Another answer about one disc; null stands for "nothing said". */
export interface GradingPatch {
  disc: string;
  name: GradingName;
  before: Answer | null;
  after: Answer | null;
}

type Content = { slices: BoxesBySlice; gradings: GradingsByDisc };

export function withGrading(
  gradings: GradingsByDisc,
  { disc, name, after }: GradingPatch,
): GradingsByDisc {
  const { [disc]: said = {}, ...others } = gradings;
  const { [name]: _, ...rest } = said;
  const now: LabelledGradings = after === null ? rest : { ...rest, [name]: after };
  return Object.keys(now).length > 0 ? { ...others, [disc]: now } : others;
}

/**
 * The id under which a disc's gradings are kept, so that they follow it when it gets another name:
 * that of a box as read or saved. A box that the reader added is of the disc that has boxes of the
 * same name on other slices, if there is one.
 */
export function discIdOf(slices: BoxesBySlice, box: EditableBox): string {
  if (isLevel(box.id)) return box.id;
  const all = Object.values(slices);
  const beside = new Set(
    all.filter((boxes) => boxes.some(({ id }) => id === box.id)).flatMap(idsOf),
  );
  const namesakes = all.flatMap((boxes) => boxes.filter(({ level }) => level === box.level));
  const others = idsOf(namesakes).filter((id) => !beside.has(id));
  return others.find(isLevel) ?? [box.id, ...others].toSorted()[0] ?? box.id;
}

const idsOf = (boxes: readonly EditableBox[]): string[] => boxes.map(({ id }) => id);

/** Gradings by the names that discs have now, on the first of these slices that shows each. */
export function gradingsByLevel(
  { slices, gradings }: Content,
  order: readonly string[],
): LabelsGradings {
  const named: LabelsGradings = {};
  const boxOf = (disc: string, numbers: readonly string[]): EditableBox | undefined =>
    numbers.flatMap((number) => slices[number] ?? []).find(({ id }) => id === disc);
  // Of two discs of one name the one on these slices counts.
  const found = Object.entries(gradings).map(([disc, said]) => ({
    said,
    shown: boxOf(disc, order),
    elsewhere: boxOf(disc, Object.keys(slices)),
  }));
  for (const { said, shown, elsewhere } of found.toSorted(
    (a, b) => Number(Boolean(a.shown)) - Number(Boolean(b.shown)),
  )) {
    const level = (shown ?? elsewhere)?.level;
    if (level) named[level] = { ...named[level], ...said };
  }
  return named;
}

/** The model's disc by its id; null for one that the model doesn't know. */
export const discWithId = (discs: readonly Disc[], id: string): Disc | null =>
  discs.find(({ level }) => level === id) ?? null;

/** The model's answer; null where it gives none. */
export function modelsAnswer(disc: Disc | null, name: GradingName): Answer | null {
  if (!disc?.gradings) return null;
  return name === "pfirrmann" ? disc.gradings.pfirrmann.grade : disc.gradings[name].present;
}

/** True if a reader's grading is another one than the model's. */
export const differs = (
  { discs }: Pick<Prediction, "discs">,
  disc: string,
  name: GradingName,
  answer: Answer,
): boolean => modelsAnswer(discWithId(discs, disc), name) !== answer;

/** True if a label's gradings say something else than the model whose discs these are. */
export const correctsModel = (
  gradings: LabelsGradings,
  prediction: Pick<Prediction, "discs">,
  nameThere: (level: string) => string | null = (level) => level,
): boolean =>
  Object.entries(gradings).some(([level, said]) =>
    answersOf(said).some(([name, answer]) =>
      differs(prediction, nameThere(level) ?? "", name, answer),
    ),
  );

export const answersOf = (said: LabelledGradings): [GradingName, Answer][] =>
  GRADINGS.flatMap((name) => {
    const answer = said[name];
    return answer === undefined ? [] : [[name, answer] as [GradingName, Answer]];
  });

/** Both, disc by disc and grading by grading; the later ones count. */
export function joinedGradings(earlier: LabelsGradings, later: LabelsGradings): LabelsGradings {
  const levels = new Set([...Object.keys(earlier), ...Object.keys(later)]);
  return Object.fromEntries(
    [...levels].map((level) => [level, { ...earlier[level], ...later[level] }]),
  );
}

/** Those that are still said as they were before, without what was taken back since. */
export function without(gradings: LabelsGradings, gone: LabelsGradings): LabelsGradings {
  const left = Object.entries(gradings).map(([level, said]): [string, LabelledGradings] => [
    level,
    Object.fromEntries(answersOf(said).filter(([name, answer]) => gone[level]?.[name] !== answer)),
  ]);
  return Object.fromEntries(left.filter(([, said]) => Object.keys(said).length > 0));
}

/** What was said before of gradings about which nothing is said now. */
export function takenBack(before: LabelsGradings, now: LabelsGradings): LabelsGradings {
  const gone = Object.entries(before).map(([level, said]): [string, LabelledGradings] => [
    level,
    Object.fromEntries(answersOf(said).filter(([name]) => now[level]?.[name] === undefined)),
  ]);
  return Object.fromEntries(gone.filter(([, said]) => Object.keys(said).length > 0));
}

/** As a label has them: nothing at all instead of none. */
export const asSaved = (gradings: LabelsGradings): Pick<Label, "gradings"> =>
  Object.keys(gradings).length > 0 ? { gradings } : {};

const WORDS: Record<Exclude<GradingName, "pfirrmann">, readonly [yes: string, no: string]> = {
  narrowing: ["narrowed", "not narrowed"],
  bulging: ["bulging", "not bulging"],
  spondylolisthesis: ["slip", "no slip"],
  modic: ["Modic changes", "no Modic changes"],
};

/** "Pfirrmann grade 4", "not narrowed" */
export const gradingInWords = (name: GradingName, answer: Answer): string =>
  name === "pfirrmann" ? `Pfirrmann grade ${answer}` : WORDS[name][answer ? 0 : 1];
