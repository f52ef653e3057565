/** How sure a probability of herniation is: `uncertain` whichever way the model decided. */
export type Finding = "none" | "uncertain" | "herniated";

/**
 * In a calibrated model, an answer is wrong as often as its probability says: `uncertain` is where
 * that is one disc in four or more.
 */
const OFTEN_WRONG = 0.25;

/** `threshold` is the model's own: from there on it answers "herniated". */
export function findingOf(herniation: number, threshold = 0.5): Finding {
  if (herniation < Math.min(OFTEN_WRONG, threshold)) return "none";
  return herniation > Math.max(1 - OFTEN_WRONG, threshold) ? "herniated" : "uncertain";
}

export const FINDING_WORDS: Record<Finding, string> = {
  none: "no LDH",
  uncertain: "uncertain",
  herniated: "LDH",
};
