import type { Disc } from "../../../records";
import type { Answer, GradingName } from "../editing/gradings";

export const NAMES: Record<GradingName, string> = {
  pfirrmann: "Pfirrmann",
  narrowing: "Narrowed",
  bulging: "Bulging",
  spondylolisthesis: "Slip",
  modic: "Modic",
};

export const EXPLAINED: Record<GradingName, string> = {
  pfirrmann: "Degeneration of the disc, from 1 (none) to 5",
  narrowing: "The disc space is narrowed",
  bulging: "The disc bulges, which is no herniation",
  spondylolisthesis: "Spondylolisthesis: the body above has slipped on the one below",
  modic: "Modic changes of any type in the endplates beside the disc",
};

/** An answer that can be given, and the probability that the model gives it; null without one. */
export interface Choice {
  answer: Answer;
  word: string;
  p: number | null;
}

export function choicesOf(name: GradingName, disc: Disc | null): Choice[] {
  const gradings = disc?.gradings ?? null;
  if (name === "pfirrmann") {
    const p = (grade: number): number | null =>
      gradings?.pfirrmann.probabilities[grade - 1] ?? null;
    return [1, 2, 3, 4, 5].map((grade) => ({ answer: grade, word: String(grade), p: p(grade) }));
  }
  const p = gradings?.[name].probability ?? null;
  return [
    { answer: true, word: "yes", p },
    { answer: false, word: "no", p: p === null ? null : 1 - p },
  ];
}

/** Whose answer stands: the reader's, confirmed or changed, or the model's. */
export function whoseInWords(own: Answer | undefined, models: Answer | null): string {
  if (own === undefined) return models === null ? "" : "model's";
  if (models === null) return "set";
  return own === models ? "✓ yours" : "changed";
}
