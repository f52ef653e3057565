import { describe, expect, it } from "vitest";
import { LABEL_MAX_BOXES, LABEL_MAX_SLICES } from "../limits";
import type { LabelledBox } from "../records";
import { aLabel, timestamp } from "../testing/fake-cloud";
import { inParts, putTogether } from "./label-parts";

const box: LabelledBox = { x: 0, y: 0, width: 9, height: 9, level: "L4-L5", herniation: true };
const slices = (count: number, boxes: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => [i, Array.from({ length: boxes }, () => box)]),
  );

describe("a save of many slices", () => {
  it("is cut into parts that the rules take, and comes back whole", () => {
    const all = slices(17, 5);
    const parts = inParts(all);
    for (const part of parts) {
      expect(Object.keys(part).length).toBeLessThanOrEqual(LABEL_MAX_SLICES);
      expect(Object.values(part).flat().length).toBeLessThanOrEqual(LABEL_MAX_BOXES);
    }
    const stored = parts.map((part, i) => aLabel(`l-${i}`, { slices: part }));
    const later = aLabel("m", { slices: slices(1, 1), createdAt: timestamp(9) });
    const [together, ...others] = putTogether([...stored, later]);
    expect(together?.slices).toEqual(all);
    expect(others).toEqual([later]);
  });

  it("is one part where it fits, also where nothing is to be seen", () => {
    expect(inParts(slices(4, 5))).toHaveLength(1);
    expect(inParts(slices(LABEL_MAX_SLICES, 0))).toHaveLength(1);
    expect(inParts(slices(LABEL_MAX_SLICES + 1, 0))).toHaveLength(2);
  });

  it("refuses a slice that no label can hold", () => {
    expect(() => inParts(slices(1, LABEL_MAX_BOXES + 1))).toThrow(/Slice 1 has more than/);
  });
});
