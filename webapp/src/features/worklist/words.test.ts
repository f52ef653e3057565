import { describe, expect, it } from "vitest";
import { timestamp } from "../../testing/fake-cloud";
import type { Gather } from "../../records";
import { countInWords, gatheringInWords, worstDisc } from "./words";

describe("words of the worklist", () => {
  it("finds the disc that looks worst", () => {
    const discs = [
      { level: "L4-L5", herniation: 0.81 },
      { level: "L5-S1", herniation: 0.47 },
    ];
    expect(worstDisc(discs)?.level).toBe("L4-L5");
    expect(worstDisc([])).toBeNull();
  });

  it("says that the numbers beside filters are of scans, where rows are studies", () => {
    expect(countInWords(3)).toBe("3 scans; the series of a study share a row");
    expect(countInWords(1)).toBe("1 scan; the series of a study share a row");
  });

  it("says what is gathered, and when it was last heard of", () => {
    const gather = (slices: number, at: number): Gather => ({
      bucket: "uploads",
      folder: "study",
      studyKey: null,
      state: "open",
      openedAt: timestamp(0),
      updatedAt: timestamp(at),
      slices,
      expected: null,
    });
    expect(gatheringInWords([gather(17, 60_000), gather(17, 0)], 185_000)).toBe(
      "Gathering 2 series, 34 slices; last heard of 2 min ago.",
    );
    expect(gatheringInWords([gather(0, 0)], 5000)).toBe(
      "Gathering 1 series; last heard of just now.",
    );
  });
});
