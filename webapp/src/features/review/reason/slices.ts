import type { Disc } from "../../../records";

/**
 * The slice to show a disc's reason on: the one that is shown, if it has a drawing, or else that of
 * the greatest bulge, or else the one on which the disc is read best, or any.
 */
export function sliceOfReason({ reason, quantities, slice }: Disc, shown: number): number {
  const drawn = (reason?.backWalls ?? []).map((each) => each.slice);
  const wanted = [shown, quantities?.bulgeSlice ?? shown, slice];
  return wanted.find((each) => drawn.includes(each)) ?? drawn[0] ?? slice;
}
