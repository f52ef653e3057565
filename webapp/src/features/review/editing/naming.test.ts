import { expect, it } from "vitest";
import type { LabelledBox } from "../../../records";
import { aPrediction } from "../../../testing/fake-cloud";
import { namedOtherwise, shifted, shiftOf } from "./naming";

/** Sagittal slices with pixels of 1 mm, that begin so far below the scanner's middle. */
const at = (downMm: number) =>
  aPrediction({
    place: {
      originMm: [0, 0, -downMm],
      rightMm: [0, 1, 0],
      downMm: [0, 0, -1],
      nextSliceMm: [-4, 0, 0],
    },
  });
const LEVELS = ["L3-L4", "L4-L5", "L5-S1"] as const;
type Level = LabelledBox["level"];
/** Discs 35 mm below each other, on one slice. */
const discs = (...levels: Level[]) => ({
  "4": levels.map((level, index) => {
    return { level, herniation: false, x: 30, y: 35 * index, width: 30, height: 10, id: level };
  }),
});

it("finds no difference between series that name the discs of one place alike", () => {
  const here = { slices: discs(...LEVELS), prediction: at(0) };
  expect(namedOtherwise(here, { slices: discs("L4-L5", "L5-S1"), prediction: at(35) })).toEqual([]);
  expect(namedOtherwise(here, { slices: discs(...LEVELS), prediction: at(8) })).toEqual([]);
});

it("tells which disc has which name there, and by how many levels all of them differ", () => {
  const here = { slices: discs(...LEVELS), prediction: at(0) };
  const cutOff = { slices: discs("L4-L5", "L5-S1"), prediction: at(0) };
  const named = namedOtherwise(here, cutOff);
  expect(named).toEqual([
    { here: "L3-L4", there: "L4-L5" },
    { here: "L4-L5", there: "L5-S1" },
  ]);
  expect(shiftOf(named)).toBe(1);
  expect(shifted(cutOff.slices, 1)["4"]?.map(({ level }) => level)).toEqual(["L3-L4", "L4-L5"]);
  expect(shiftOf([...named, { here: "L1-L2", there: "L4-L5" }])).toBeNull();
  expect(shifted(discs("L1-L2", "L2-L3"), 1)["4"]?.map(({ level }) => level)).toEqual(["L1-L2"]);
});

it("can't tell where nothing says where the discs lie, or none lies where another is", () => {
  const here = { slices: discs(...LEVELS), prediction: at(0) };
  expect(namedOtherwise(here, { slices: discs("L4-L5"), prediction: aPrediction() })).toEqual([]);
  expect(namedOtherwise(here, { slices: discs("L4-L5"), prediction: at(200) })).toEqual([]);
});
