import { describe, expect, it } from "vitest";
import cases from "../../../tests/support/vectors/findings.json";
import { doubt, findingInWords, findingOf } from "./herniation";

describe("what a probability says", () => {
  // tests/discai/records/test_findings.py reads the same cases.
  it.each(cases)("$case", ({ herniation, threshold, herniated, doubt: expected, doubtful }) => {
    expect(findingOf(herniation, threshold)).toEqual({ herniated, isDoubtful: doubtful });
    expect(doubt(herniation, threshold)).toBeCloseTo(expected, 6);
  });

  it("has the answer in its words, whatever the doubt", () => {
    const words = [0, 0.2, 0.3, 0.6, 0.7, 0.8, 1].map((p) => findingInWords(findingOf(p, 0.5)));
    expect(words).toEqual([
      "no LDH",
      "no LDH",
      "no LDH, uncertain",
      "LDH, uncertain",
      "LDH, uncertain",
      "LDH",
      "LDH",
    ]);
  });

  it("measures the distance in parts of the way, for a threshold that is no half", () => {
    const words = [0.1, 0.15, 0.6, 0.65].map((p) => findingInWords(findingOf(p, 0.23)));
    expect(words).toEqual(["no LDH", "no LDH, uncertain", "LDH, uncertain", "LDH"]);
  });
});
