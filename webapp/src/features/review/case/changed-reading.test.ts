import { describe, expect, it } from "vitest";
import { aPrediction } from "../../../testing/fake-cloud";
import { changedReading } from "./changed-reading";

describe("comparing two models", () => {
  it("says what changed of each disc", () => {
    const before = aPrediction();
    const [l45, l5s1] = before.discs;
    const after = aPrediction({ discs: [{ ...l45!, herniation: 0.3 }, l5s1!] });
    expect(changedReading(before, after)).toEqual(["L4-L5 0.81 → 0.30, no longer LDH"]);
    expect(changedReading(before, before)).toEqual([]);
    expect(changedReading(before, aPrediction({ discs: [l45!] }))).toEqual([
      "L5-S1 no longer found",
    ]);
  });
});
