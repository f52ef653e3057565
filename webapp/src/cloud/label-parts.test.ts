import { describe, expect, it } from "vitest";
import { LABEL_MAX_BOXES, LABEL_MAX_BOXES_GRADED, LABEL_MAX_SLICES } from "../limits";
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
    const parts = inParts({ slices: all });
    for (const part of parts) {
      expect(Object.keys(part.slices).length).toBeLessThanOrEqual(LABEL_MAX_SLICES);
      expect(Object.values(part.slices).flat().length).toBeLessThanOrEqual(LABEL_MAX_BOXES);
    }
    const stored = parts.map((part, i) => aLabel(`l-${i}`, part));
    const later = aLabel("m", { slices: slices(1, 1), createdAt: timestamp(9) });
    const [together, ...others] = putTogether([...stored, later]);
    expect(together?.slices).toEqual(all);
    expect(others).toEqual([later]);
  });

  it("has its gradings in the first part, with fewer boxes, and comes back with them", () => {
    const gradings = { "L4-L5": { pfirrmann: 4, modic: false } };
    const all = { slices: slices(9, 5), gradings };
    const parts = inParts(all);
    const boxes = parts.map((part) => Object.values(part.slices).flat().length);
    expect(boxes).toEqual([15, 20, 10]);
    expect(boxes[0]).toBeLessThanOrEqual(LABEL_MAX_BOXES_GRADED);
    expect(parts.map((part) => part.gradings)).toEqual([gradings, undefined, undefined]);
    expect(parts.slice(1).every((part) => !("gradings" in part))).toBe(true);
    const [together, ...others] = putTogether(parts.map((part, i) => aLabel(`l-${i}`, part)));
    expect(together).toMatchObject(all);
    expect(others).toEqual([]);
  });

  it("is one part where it fits, also where nothing is to be seen", () => {
    expect(inParts({ slices: slices(4, 5) })).toHaveLength(1);
    expect(inParts({ slices: slices(LABEL_MAX_SLICES, 0) })).toHaveLength(1);
    expect(inParts({ slices: slices(LABEL_MAX_SLICES + 1, 0) })).toHaveLength(2);
  });

  it("refuses a slice that no label can hold", () => {
    const refused = (boxes: number, gradings?: { "L4-L5": { modic: true } }) => () =>
      inParts({ slices: slices(1, boxes), ...(gradings && { gradings }) });
    expect(refused(LABEL_MAX_BOXES + 1)).toThrow(/Slice 1 has more than 24 boxes/);
    expect(refused(LABEL_MAX_BOXES_GRADED + 1, { "L4-L5": { modic: true } })).toThrow(/than 18/);
  });
});
