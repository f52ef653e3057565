/** The finding that a probability of herniation stands for. */
export type Finding = "none" | "uncertain" | "herniated";

/** Answers nearer to the threshold than to certainty are uncertain. */
const DOUBTFUL = 0.5;

/** Turns a probability into a finding; from the model's own threshold on it is "herniated". */
export function findingOf(herniation: number, threshold: number): Finding {
  if (doubt(herniation, threshold) > DOUBTFUL) return "uncertain";
  return herniation >= threshold ? "herniated" : "none";
}

/** 1 on the threshold, 0 at certainty on either side; the worklist sorts by the same measure. */
function doubt(herniation: number, threshold: number): number {
  if (herniation < threshold) return herniation / threshold;
  return threshold < 1 ? (1 - herniation) / (1 - threshold) : 1;
}

export const FINDING_WORDS: Record<Finding, string> = {
  none: "no LDH",
  uncertain: "uncertain",
  herniated: "LDH",
};
