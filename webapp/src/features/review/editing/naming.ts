import { LEVELS, SAME_PLACE_MM } from "../../../anatomy";
import type { LabelledSlices } from "../../../cloud/documents";
import { isPlaced, type Placed, pointOf } from "../../../places";
import type { Prediction } from "../../../records";
import type { BoxesBySlice, EditableBox, Level } from "./boxes";

/** A disc that the other series calls otherwise, in the same place of the patient. */
export interface NamedOtherwise {
  here: Level;
  there: Level;
}

/** Boxes of a series, and the reading that says where its slices lie. */
export interface BoxesInPlace {
  slices: LabelledSlices;
  prediction: Prediction;
}

/**
 * The discs of this series that another one of the same frame of reference names otherwise, from the
 * head down. `discai/records/places.py` compares readings so; here it is boxes as they were drawn.
 */
export function namedOtherwise(here: BoxesInPlace, there: BoxesInPlace): NamedOtherwise[] {
  if (!isPlaced(here.prediction) || !isPlaced(there.prediction)) return [];
  const [ours, theirs] = [
    centres(here.slices, here.prediction),
    centres(there.slices, there.prediction),
  ];
  return LEVELS.flatMap((level) => {
    const ownPlace = ours.get(level);
    if (!ownPlace) return [];
    const sameName = theirs.get(level);
    if (sameName && apartMm(ownPlace, sameName) <= SAME_PLACE_MM) return [];
    const near = [...theirs]
      .map(([name, place]) => ({ name, apart: apartMm(ownPlace, place) }))
      .filter(({ apart }) => apart <= SAME_PLACE_MM)
      .toSorted((a, b) => a.apart - b.apart)[0];
    return near ? [{ here: level, there: near.name }] : [];
  });
}

/** How many levels the other series counts further down; null where that differs from disc to disc. */
export function shiftOf(named: readonly NamedOtherwise[]): number | null {
  const shifts = named.map(({ here, there }) => LEVELS.indexOf(there) - LEVELS.indexOf(here));
  return shifts.every((shift) => shift === shifts[0]) ? (shifts[0] ?? null) : null;
}

/** The boxes under names that lie so many levels higher; those that then have no name are left out. */
export function shifted(slices: BoxesBySlice, by: number): BoxesBySlice {
  return Object.fromEntries(
    Object.entries(slices).map(([slice, boxes]) => [
      slice,
      boxes.flatMap((box): EditableBox[] => {
        const level = LEVELS[LEVELS.indexOf(box.level) - by];
        return level ? [{ ...box, level }] : [];
      }),
    ]),
  );
}

type Place = readonly number[];

/** The middle of each disc's boxes, in mm. */
function centres(slices: LabelledSlices, prediction: Placed): Map<Level, Place> {
  const places = new Map<Level, Place[]>();
  for (const [slice, boxes] of Object.entries(slices)) {
    for (const { level, x, y, width, height } of boxes) {
      const middle = pointOf(prediction, Number(slice), x + width / 2 - 0.5, y + height / 2 - 0.5);
      places.set(level, [...(places.get(level) ?? []), middle]);
    }
  }
  return new Map([...places].map(([level, all]) => [level, mean(all)]));
}

const mean = (places: readonly Place[]): Place =>
  [0, 1, 2].map((axis) => places.reduce((sum, each) => sum + (each[axis] ?? 0), 0) / places.length);

/** As seen from the side: how far to the left a series reaches tells no level. */
const apartMm = (a: Place, b: Place): number =>
  Math.hypot((a[1] ?? 0) - (b[1] ?? 0), (a[2] ?? 0) - (b[2] ?? 0));
