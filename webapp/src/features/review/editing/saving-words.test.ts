import { describe, expect, it } from "vitest";
import type { Judged } from "../../../verdict";
import type { Level } from "./boxes";
import { gradingsInWords, savingInWords } from "./saving-words";

const judged = (...how: Judged[]): Map<Level, Judged> =>
  new Map(how.map((each, index) => [`L${index + 1}-L${index + 2}` as Level, each]));

describe("what a save would say", () => {
  it.each([
    [[], "No discs."],
    [["unseen", "unseen"], "None judged yet: 2 answers would be saved unseen."],
    [["changed", "unseen"], "1 of 2 answers is yours, 1 would be saved unseen."],
    [["changed", "confirmed", "unseen"], "2 of 3 answers are yours, 1 would be saved unseen."],
    [["added", "confirmed"], "All 2 answers are yours."],
  ] satisfies [Judged[], string][])("of %j is %s", (how, words) => {
    expect(savingInWords(judged(...how))).toBe(words);
  });

  it("says how many gradings are the reader's", () => {
    expect(gradingsInWords({})).toBe("");
    expect(gradingsInWords({ "L4-L5": { modic: false } })).toBe("1 grading is yours.");
    const two = { "L4-L5": { pfirrmann: 4 }, "L5-S1": { bulging: true } };
    expect(gradingsInWords(two)).toBe("2 gradings are yours.");
  });
});
