import type { Scan } from "../../cloud/documents";
import type { DiscAtAGlance, Gather } from "../../records";
import { ago, plural } from "../../ui/format";

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

/** What the number beside a filter counts: "3 scans; the series of a study share a row". */
export const countInWords = (count: number): string =>
  `${plural(count, "scan")}; the series of a study share a row`;

/** Series whose slices come in: "Gathering 2 series, 34 slices; last heard of just now." */
export function gatheringInWords(open: readonly Gather[], nowMs: number): string {
  const slices = open.reduce((sum, gather) => sum + gather.slices, 0);
  // None are counted until the first have been looked at.
  const counted = slices > 0 ? `, ${plural(slices, "slice")}` : "";
  const heard = Math.max(...open.map((gather) => gather.updatedAt.toMillis()));
  return `Gathering ${open.length} series${counted}; last heard of ${ago(heard, nowMs)}.`;
}
