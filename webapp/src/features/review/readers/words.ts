import { plural } from "../../../ui/format";
import type { Verdict } from "../../../verdict";

/** Whose label counts, as the end of "For training and label files …". */
export function countedInWords({ kind, labels, newest }: Verdict): string {
  const what = kind === "correction" ? "the corrections of" : "the predictions as accepted by";
  const whose = `${what} ${newest.authorEmail} count`;
  if (labels.length === 1) return whose;
  return `${whose}, herniated or not by the votes of ${plural(labels.length, "reader")}`;
}
