import { DOUBTFUL } from "../anatomy";
import { probability } from "./format";

/**
 * What a model says about a disc: two facts that follow from one probability, shown side by side.
 * `discai/records/findings.py` has the same, and both are held to
 * `tests/support/vectors/findings.json`.
 */
export interface Finding {
  herniated: boolean;
  /** Nearer to the threshold than to certainty: a person should look. */
  isDoubtful: boolean;
}

/** Answer and doubt of a model whose threshold this is, from a probability of herniation. */
export const findingOf = (herniation: number, threshold: number): Finding => ({
  herniated: isHerniated(herniation, threshold),
  isDoubtful: doubt(herniation, threshold) > DOUBTFUL,
});

/** The answer: herniated from the model's own threshold on. */
export const isHerniated = (herniation: number, threshold: number): boolean =>
  herniation >= threshold;

/** The doubt: 1 on the threshold, 0 at certainty on either side; the worklist sorts by it. */
export function doubt(herniation: number, threshold: number): number {
  if (herniation < threshold) return herniation / threshold;
  return threshold < 1 ? (1 - herniation) / (1 - threshold) : 1;
}

export const answerWord = (herniated: boolean): string => (herniated ? "LDH" : "no LDH");

/** Answer and doubt in words: "LDH", or "LDH, uncertain". */
export const findingInWords = ({ herniated, isDoubtful }: Finding): string =>
  answerWord(herniated) + (isDoubtful ? ", uncertain" : "");

/** The threshold in words: "LDH from 0.23 on". */
export const thresholdInWords = (threshold: number): string =>
  `LDH from ${probability(threshold)} on`;
