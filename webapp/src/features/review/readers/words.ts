import { plural } from "../../../ui/format";
import type { Verdict } from "../../../verdict";

/** Whose label counts, as the end of "For training and label files …". */
export function countedInWords({ kind, labels, newest }: Verdict): string {
  const what = kind === "correction" ? "the corrections of" : "the predictions as accepted by";
  const whose = `${what} ${newest.authorEmail} count`;
  if (labels.length === 1) return whose;
  return `${whose}, herniated or not by the votes of ${plural(labels.length, "reader")}`;
}

/** How many of the discs that another reader judged stand here as they do there. */
export const agreementInWords = (count: number, agreeing: number): string =>
  agreeing === count
    ? `you agree on ${count === 1 ? "the" : "all"} ${plural(count, "disc")}.`
    : `you agree on ${agreeing} of ${plural(count, "disc")}.`;

/** Discs of another reader that are no answers of theirs. */
export const unseenInWords = (unseen: number): string =>
  `They left ${plural(unseen, "disc")} as the model had ${unseen === 1 ? "it" : "them"}.`;
