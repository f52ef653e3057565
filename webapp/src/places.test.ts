import { describe, expect, it } from "vitest";
import { aPrediction } from "./testing/fake-cloud";
import {
  apartMm,
  isPlaced,
  nearestSlice,
  overlay,
  type Placed,
  pointOf,
  slicePartWay,
} from "./places";

/** 17 slices, 4 mm apart, to the patient's right; pixels of 0.5 mm. */
const T2 = aPrediction({
  sliceCount: 17,
  sliceWidth: 400,
  sliceHeight: 400,
  place: {
    originMm: [32, 0, 0],
    rightMm: [0, 0.5, 0],
    downMm: [0, 0, -0.5],
    nextSliceMm: [-4, 0, 0],
  },
}) as Placed;

const moved = (originMm: Placed["place"]["originMm"], changes: Partial<Placed> = {}): Placed => ({
  ...T2,
  place: { ...T2.place, originMm },
  ...changes,
});

it("knows the place of a pixel in the patient", () => {
  expect(isPlaced(T2)).toBe(true);
  expect(isPlaced(aPrediction())).toBe(false);
  expect(pointOf(T2, 8, 10, 20)).toEqual([0, 5, -10]);
});

describe("the slice of another series in the same place", () => {
  it("is that of the nearest plane, and says how far that is", () => {
    expect(nearestSlice(T2, 8, moved([33, 0, 0]))).toBe(8);
    expect(apartMm(T2, 8, moved([33, 0, 0]), 8)).toBe(1);
    expect(nearestSlice(T2, 8, moved([40, 0, 0]))).toBe(10);
  });

  it("is the last one where the other series ends before", () => {
    const short = moved([4, 0, 0], { sliceCount: 3 });
    expect(nearestSlice(T2, 0, short)).toBe(0);
    expect(nearestSlice(T2, 16, short)).toBe(2);
    expect(apartMm(T2, 16, short, 2)).toBe(28);
  });

  it("counts along the normal where the slices are oblique", () => {
    const [cos, sin] = [Math.cos(0.3), Math.sin(0.3)];
    const oblique = moved([0, 0, 0], {
      place: {
        originMm: [32 * cos, -32 * sin, 0],
        rightMm: [0.5 * sin, 0.5 * cos, 0],
        downMm: [0, 0, -0.5],
        nextSliceMm: [-4 * cos, 4 * sin, 0],
      },
    });
    // The middle of the upright slice lies 99.75 mm behind the first, so 29.5 mm along the normal.
    expect(nearestSlice(T2, 8, oblique)).toBe(15);
    expect(apartMm(T2, 8, oblique, 15)).toBeCloseTo(99.75 * sin - 28, 6);
  });

  it("is as far through the series where no place is known", () => {
    expect(slicePartWay(T2, 8, aPrediction({ sliceCount: 9 }))).toBe(4);
    expect(slicePartWay(aPrediction({ sliceCount: 1 }), 0, T2)).toBe(0);
  });
});

describe("two pictures over each other", () => {
  it("lie alike where the series do", () => {
    expect(overlay(T2, 8, T2, 8)).toEqual({ ratio: 1, shiftX: 0, shiftY: 0 });
  });

  it("show one place at one size, whatever their fields of view", () => {
    // Twice the width and three times the height, at 0.25 mm a pixel, 10 mm further back and up.
    const fine = moved([32, 10, 10], {
      sliceWidth: 1600,
      sliceHeight: 2400,
      place: { ...T2.place, originMm: [32, 10, 10], rightMm: [0, 0.25, 0], downMm: [0, 0, -0.25] },
    });
    const { ratio, shiftX, shiftY } = overlay(T2, 8, fine, 8);
    expect(ratio).toBe(2);
    // Middles: 99.75 against 10 + 199.875 mm back, and 99.75 against 299.875 - 10 mm down.
    expect(shiftX * 400).toBeCloseTo(110.125, 6);
    expect(shiftY * 600).toBeCloseTo(190.125, 6);
  });
});
