import { describe, expect, it } from "vitest";
import { worstDisc } from "./words";

describe("words of the worklist", () => {
  it("finds the disc that looks worst", () => {
    const discs = [
      { level: "L4-L5", herniation: 0.81 },
      { level: "L5-S1", herniation: 0.47 },
    ];
    expect(worstDisc(discs)?.level).toBe("L4-L5");
    expect(worstDisc([])).toBeNull();
  });
});
