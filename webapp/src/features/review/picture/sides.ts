/** The sides of a patient that a direction in mm (LPS) leads to: "P", or "PL" where it is oblique. */
export function sidesOf(direction: readonly number[]): string {
  const length = Math.hypot(...direction);
  return direction
    .map((along, axis) => ({
      part: Math.abs(along) / length,
      side: SIDES[axis]?.[along < 0 ? 0 : 1],
    }))
    .filter(({ part }) => part > OBLIQUE)
    .toSorted((a, b) => b.part - a.part)
    .map(({ side }) => side)
    .join("");
}

export const opposite = (direction: readonly number[]): number[] =>
  direction.map((along) => -along);

/** Right and left, front (anterior) and back (posterior), feet and head, as DICOM's axes run. */
const SIDES = [
  ["R", "L"],
  ["A", "P"],
  ["F", "H"],
];
/** The sine of 15 degrees: less is not worth a second letter. */
const OBLIQUE = 0.26;

/** The length of a scale bar that takes at most so many millimetres: 1, 2 or 5 times a power of 10. */
export function barLength(mostMm: number): number {
  const power = 10 ** Math.floor(Math.log10(mostMm));
  const times = [5, 2, 1].find((each) => each * power <= mostMm) ?? 1;
  return Number((times * power).toPrecision(1));
}
