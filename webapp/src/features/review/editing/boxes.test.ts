import { describe, expect, it } from "vitest";
import { overlap } from "./boxes";

const place = { x: 10, y: 20, width: 30, height: 10 };

describe("boxes", () => {
  it("measures overlap as intersection over union", () => {
    expect(overlap(place, place)).toBe(1);
    expect(overlap(place, { ...place, x: 25 })).toBeCloseTo(1 / 3);
    expect(overlap(place, { ...place, x: 40 })).toBe(0);
  });
});
