import { describe, expect, it } from "vitest";
import { aPrediction } from "../../../testing/fake-cloud";
import { judgements, standing } from "../../../verdict";
import { boxesOf } from "../editing/boxes";
import { compare, compareGradings } from "./compare";

const place = { x: 10, y: 20, width: 30, height: 10 };

describe("comparing labels", () => {
  const mine = boxesOf(aPrediction()); // L4-L5 herniated on 3 and 4, L5-S1 not on 5 and 6

  it("lists the discs that differ, and counts the others", () => {
    const theirs = {
      "4": [{ ...place, level: "L4-L5" as const, herniation: false }],
      "6": [
        { ...place, level: "L5-S1" as const, herniation: false },
        { ...place, y: 60, level: "L3-L4" as const, herniation: true },
      ],
    };
    expect(compare(mine, { kind: "correction", slices: theirs })).toEqual({
      unseen: 0,
      count: 3,
      agreeing: 1,
      differences: [
        { level: "L3-L4", mine: "no box", theirs: "LDH" },
        { level: "L4-L5", mine: "LDH", theirs: "no LDH" },
      ],
    });
  });

  it("tells a box that lies elsewhere", () => {
    const theirs = { "4": [{ ...place, x: 60, level: "L4-L5" as const, herniation: true }] };
    expect(compare(mine, { kind: "correction", slices: theirs }).differences).toEqual([
      { level: "L4-L5", mine: "LDH", theirs: "LDH, but elsewhere on slice 5" },
    ]);
  });

  it("calls a disc herniated that is so on any slice", () => {
    const slices = {
      "2": [{ ...place, level: "L4-L5" as const, herniation: false }],
      "4": [{ ...place, level: "L4-L5" as const, herniation: true }],
    };
    expect(standing(slices)).toEqual(new Map([["L4-L5", true]]));
    expect(judgements({ kind: "correction", slices })).toEqual(standing(slices));
  });

  it("counts no answer that the other reader left as the model had it", () => {
    const l45 = { ...place, level: "L4-L5" as const, herniation: true };
    const l34 = { ...place, y: 60, level: "L3-L4" as const, herniation: true };
    const slices = {
      "4": [
        { ...l45, judged: "unseen" as const },
        { ...l34, judged: "added" as const },
      ],
    };
    const difference = { level: "L3-L4", mine: "no box", theirs: "LDH" };
    const expected = { count: 1, agreeing: 0, differences: [difference], unseen: 1 };
    expect(compare(mine, { kind: "correction", slices })).toEqual(expected);
    const older = { kind: "acceptance" as const, slices: { "4": [l45] } };
    expect(compare(mine, older)).toMatchObject({ count: 0, unseen: 1 });
  });
});

describe("comparing gradings", () => {
  it("lists those about which both say something, and not the same", () => {
    const mine = { "L4-L5": { pfirrmann: 4, narrowing: true }, "L5-S1": { modic: true } };
    const theirs = { "L4-L5": { pfirrmann: 3, narrowing: true, bulging: true } };
    expect(compareGradings(mine, theirs)).toEqual([
      { level: "L4-L5", mine: "Pfirrmann grade 4", theirs: "Pfirrmann grade 3" },
    ]);
  });
});
