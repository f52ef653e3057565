import { LEVELS } from "../../../anatomy";
import type { LabelledSlices } from "../../../cloud/documents";
import type { Box } from "../../../records";
import { judgements, type LabelsGradings, type Said, standing } from "../../../verdict";
import { type BoxesBySlice, type Level, overlap } from "../editing/boxes";
import { answersOf, gradingInWords } from "../editing/gradings";

/** A reader's finding of a disc, and the boxes in which they see it, by slice. */
interface ReaderFinding {
  herniation: boolean;
  boxes: Readonly<Record<string, Box>>;
}

/** One disc on which two readers differ, in words. */
export interface Difference {
  level: Level;
  mine: string;
  theirs: string;
}

export interface Comparison {
  /** Number of discs that either reader has and that the other one judged. */
  count: number;
  agreeing: number;
  differences: readonly Difference[];
  /** Number of discs whose answer the other reader left as the model had it. */
  unseen: number;
}

/** Below this overlap (intersection over union) two boxes of a disc are not the same place. */
const SAME_PLACE = 0.5;

/** Compares a reader's boxes with a label of another, disc by disc on the slices that both have. */
export function compare(mine: BoxesBySlice, label: Said): Comparison {
  const judged = judgements(label);
  const unseen = new Set([...standing(label.slices).keys()].filter((each) => !judged.has(each)));
  return { ...compareSlices(mine, label.slices, unseen), unseen: unseen.size };
}

/** Compares boxes with those that count, whoever judged them, disc by disc. */
export function compareSlices(
  mine: BoxesBySlice,
  theirs: LabelledSlices,
  without: ReadonlySet<Level> = new Set(),
): Omit<Comparison, "unseen"> {
  const shared = Object.fromEntries(
    Object.keys(theirs).map((slice) => [slice, mine[slice] ?? []] as const),
  );
  const [own, other] = [statements(shared), statements(theirs)];
  const levels = LEVELS.filter(
    (level) => !without.has(level) && (own.has(level) || other.has(level)),
  );
  const differences = levels.flatMap((level) => {
    const difference = differ(level, own.get(level), other.get(level));
    return difference ? [difference] : [];
  });
  return { count: levels.length, agreeing: levels.length - differences.length, differences };
}

/** The gradings about which both readers say something, and not the same. */
export const compareGradings = (mine: LabelsGradings, theirs: LabelsGradings): Difference[] =>
  LEVELS.flatMap((level) =>
    answersOf(mine[level] ?? {}).flatMap(([name, own]) => {
      const other = theirs[level]?.[name];
      if (other === undefined || other === own) return [];
      return [{ level, mine: gradingInWords(name, own), theirs: gradingInWords(name, other) }];
    }),
  );

function statements(slices: LabelledSlices): Map<Level, ReaderFinding> {
  return new Map(
    [...standing(slices)].map(([level, herniation]) => {
      const boxes = Object.entries(slices).flatMap(([slice, all]) =>
        all.filter((box) => box.level === level).map((box) => [slice, box] as const),
      );
      return [level, { herniation, boxes: Object.fromEntries(boxes) }] as const;
    }),
  );
}

function differ(
  level: Level,
  mine: ReaderFinding | undefined,
  theirs: ReaderFinding | undefined,
): Difference | null {
  const [own, other] = [wordOf(mine), wordOf(theirs)];
  if (own !== other) return { level, mine: own, theirs: other };
  const moved = Object.entries(mine?.boxes ?? {}).find(([slice, box]) => {
    const there = theirs?.boxes[slice];
    return there && overlap(box, there) < SAME_PLACE;
  });
  if (!moved) return null;
  return { level, mine: own, theirs: `${other}, but elsewhere on slice ${Number(moved[0]) + 1}` };
}

const wordOf = (statement: ReaderFinding | undefined): string =>
  statement ? (statement.herniation ? "LDH" : "no LDH") : "no box";
