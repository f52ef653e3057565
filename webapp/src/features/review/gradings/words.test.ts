import { describe, expect, it } from "vitest";
import { aPrediction, someGradings } from "../../../testing/fake-cloud";
import { choicesOf, whoseInWords } from "./words";

describe("the gradings of a disc", () => {
  const [disc] = aPrediction({}, someGradings).discs;

  it("are five grades, and yes or no, each with the model's probability", () => {
    const grades = choicesOf("pfirrmann", disc!);
    expect(grades.map(({ word, p }) => [word, p])).toEqual([
      ["1", 0],
      ["2", 0.1],
      ["3", 0.2],
      ["4", 0.6],
      ["5", 0.1],
    ]);
    const [yes, no] = choicesOf("narrowing", disc!);
    expect(yes).toEqual({ answer: true, word: "yes", p: 0.75 });
    expect(no).toEqual({ answer: false, word: "no", p: 0.25 });
  });

  it("can be set where the model gives none, too", () => {
    const [ungraded] = aPrediction().discs;
    expect(choicesOf("pfirrmann", ungraded!).map(({ p }) => p)).toEqual([
      null,
      null,
      null,
      null,
      null,
    ]);
    expect(choicesOf("modic", null).map(({ answer }) => answer)).toEqual([true, false]);
  });

  it("say whose answer stands", () => {
    expect(whoseInWords(undefined, 4)).toBe("model's");
    expect(whoseInWords(4, 4)).toBe("✓ yours");
    expect(whoseInWords(false, true)).toBe("changed");
    expect(whoseInWords(false, null)).toBe("set");
    expect(whoseInWords(undefined, null)).toBe("");
  });
});
