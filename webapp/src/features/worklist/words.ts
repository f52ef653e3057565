import type { Scan } from "../../cloud/documents";
import type { DiscAtAGlance, Progress } from "../../records";
import { baseName, plural } from "../../ui/format";

export const fileName = (scan: Scan): string => baseName(scan.object.name);

/** What the worker does right now, in words. */
export function progressInWords({ step, done, total }: Progress): string {
  switch (step) {
    case "reading":
      return "opening the file";
    case "segmenting":
      return total > 0 ? `reading slice ${Math.min(done + 1, total)} of ${total}` : "reading";
    case "classifying":
      return "judging the discs";
    case "storing":
      return "storing the result";
  }
}

/** Where each step of the work begins and ends on a bar from 0 to 1. */
const SPAN: Record<Progress["step"], readonly [number, number]> = {
  reading: [0, 0.06],
  segmenting: [0.06, 0.8],
  classifying: [0.8, 0.94],
  storing: [0.94, 1],
};

export function progressFraction({ step, done, total }: Progress): number {
  const [from, to] = SPAN[step];
  return from + (to - from) * (total > 0 ? Math.min(done / total, 1) : 0);
}

export function worstDisc(discs: readonly DiscAtAGlance[]): DiscAtAGlance | null {
  return discs.reduce<DiscAtAGlance | null>(
    (worst, disc) => (worst && worst.herniation >= disc.herniation ? worst : disc),
    null,
  );
}

/** Why there is no result, as a sentence that says what was tried. */
export function failureInWords(scan: Scan): string {
  const reason = scan.error?.message ?? "No reason was stored.";
  return scan.status === "dead" ? `Tried ${plural(scan.attempt, "time")}. ${reason}` : reason;
}

/** Where a scan that was read stands with the people who review it. */
export function labelInWords({ labelKind, labelCount, lastLabelAt }: Scan): string {
  if (!lastLabelAt) return "to review";
  const done = labelKind === "acceptance" ? "accepted" : "corrected";
  return labelCount > 1 ? `${done}, ${plural(labelCount, "label")}` : done;
}

/** Why no next scan opens after a save. */
export const NO_NEXT = {
  none: "No other scan on this worklist waits for a review.",
  unknown: "The database does not say now whether another scan waits for a review.",
} as const;
