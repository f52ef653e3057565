import type { Scan } from "../../cloud/documents";
import type { DiscAtAGlance } from "../../records";
import { plural } from "../../ui/format";

/** The disc with the highest probability of herniation; null without discs. */
export function worstDisc(discs: readonly DiscAtAGlance[]): DiscAtAGlance | null {
  return discs.reduce<DiscAtAGlance | null>(
    (worst, disc) => (worst && worst.herniation >= disc.herniation ? worst : disc),
    null,
  );
}

/** The state of a scan's review in words: "to review", "corrected", "accepted, 2 labels". */
export function labelInWords({ labelKind, labelCount, lastLabelAt }: Scan): string {
  if (!lastLabelAt) return "to review";
  const done = labelKind === "acceptance" ? "accepted" : "corrected";
  return labelCount > 1 ? `${done}, ${plural(labelCount, "label")}` : done;
}
