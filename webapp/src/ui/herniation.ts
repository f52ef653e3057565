/** How a probability of herniation is spoken of: bands for the eye only, no decision of the model. */
export type Finding = "none" | "uncertain" | "herniated";

const UNCERTAIN_FROM = 0.3;
const HERNIATED_FROM = 0.6;

export function findingOf(herniation: number): Finding {
  if (herniation >= HERNIATED_FROM) return "herniated";
  return herniation >= UNCERTAIN_FROM ? "uncertain" : "none";
}

export const FINDING_WORDS: Record<Finding, string> = {
  none: "no LDH",
  uncertain: "uncertain",
  herniated: "LDH",
};
