import { describe, expect, it } from "vitest";
import type { StudyDisc } from "../../../records";
import { aStudy } from "../../../testing/fake-cloud";
import { changesSince, seriesInOrder } from "./words";

const disc = (level: string, herniation: number, verdict?: boolean): StudyDisc => ({
  level,
  herniation,
  perSeries: {},
  disagreement: null,
  ...(verdict === undefined ? {} : { verdict }),
});

describe("what changed since an earlier study", () => {
  it("names the discs with another answer", () => {
    const before = [disc("L4-L5", 0.12), disc("L5-S1", 0.4)];
    const after = [disc("L3-L4", 0.9), disc("L4-L5", 0.81), disc("L5-S1", 0.3)];
    expect(changesSince(before, after, 0.25)).toEqual(["L4-L5: no LDH 0.12 → LDH 0.81"]);
  });

  it("takes a person's answer for the model's", () => {
    const before = [disc("L4-L5", 0.81, false)];
    expect(changesSince(before, [disc("L4-L5", 0.12)], 0.25)).toEqual([]);
    expect(changesSince(before, [disc("L4-L5", 0.12, true)], 0.25)).toHaveLength(1);
  });
});

it("lists series as their scanner numbered them", () => {
  const study = aStudy("k", { b: "T1", a: "T2" });
  expect(seriesInOrder(study).map(([id]) => id)).toEqual(["b", "a"]);
});
