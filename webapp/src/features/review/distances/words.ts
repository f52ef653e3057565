import type { SlicePoint } from "../../../records";

/** The length between two points: "12.3 mm", or pixels where the scan has no spacing. */
export function lengthInWords(start: SlicePoint, end: SlicePoint, pixelMm: number | null): string {
  const pixels = Math.hypot(end.x - start.x, end.y - start.y);
  return pixelMm ? `${(pixels * pixelMm).toFixed(1)} mm` : `${pixels.toFixed(1)} px`;
}

/** What pixels are worth where nothing says how large they are. */
export const WITHOUT_SPACING =
  "The file says nothing of the size of its pixels: lengths are in pixels, not in millimetres.";

/** A click of the hand that was not meant to measure anything. */
export const isPoint = (start: SlicePoint, end: SlicePoint): boolean =>
  Math.hypot(end.x - start.x, end.y - start.y) < 1;
