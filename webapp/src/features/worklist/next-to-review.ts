import type { Scan } from "../../cloud/documents";

/**
 * The next scan to review after the given one, in the order of the worklist and again from its top;
 * null if there is none. `labelled` are scans whose label is still being sent.
 */
export function nextToReview(
  scans: readonly Scan[],
  scanId: string,
  labelled: ReadonlySet<string>,
): Scan | null {
  const at = scans.findIndex((scan) => scan.id === scanId);
  const inTurn = [...scans.slice(at + 1), ...scans.slice(0, Math.max(at, 0))];
  const waits = (scan: Scan): boolean =>
    scan.status === "done" && scan.lastLabelAt === null && !labelled.has(scan.id);
  return inTurn.find(waits) ?? null;
}
