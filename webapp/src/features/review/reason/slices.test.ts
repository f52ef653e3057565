import { describe, expect, it } from "vitest";
import type { Disc } from "../../../records";
import { aPrediction } from "../../../testing/fake-cloud";
import { sliceOfReason } from "./slices";

const drawnOn = (...slices: number[]): Disc => ({
  ...aPrediction().discs[0]!, // read best on slice 4
  reason: {
    text: "",
    causes: [],
    measured: [],
    backWalls: slices.map((slice) => ({ slice, line: [0, 0, 0, 9], tissue: [] })),
  },
});

describe("the slice to show a reason on", () => {
  it("is the one that is shown, if it has a drawing", () => {
    expect(sliceOfReason(drawnOn(3, 4, 5), 5)).toBe(5);
    expect(sliceOfReason(drawnOn(3, 4, 5), 0)).toBe(4);
  });

  it("is any other that has one", () => {
    expect(sliceOfReason(drawnOn(7), 0)).toBe(7);
    expect(sliceOfReason({ ...drawnOn(7), reason: null }, 0)).toBe(4);
  });
});
