/** How the pictures are linked: "same place", "3 mm apart", or that nothing says where they lie. */
export function linkInWords(isByPlace: boolean, apartMm: number | null): string {
  if (!isByPlace) return "not linked by position: slices by their order";
  if (apartMm === null || apartMm < SAME_PLANE_MM) return "same place";
  return `${apartMm < 10 ? apartMm.toFixed(1) : Math.round(apartMm)} mm apart`;
}

/** Planes closer than this are one: slices are some millimetres thick. */
const SAME_PLANE_MM = 0.5;
