import { describe, expect, it } from "vitest";
import { aLabel } from "../../../testing/fake-cloud";
import { verdict } from "../../../verdict";
import { countedInWords } from "./words";

const counted = (...labels: Parameters<typeof aLabel>[1][]): string =>
  countedInWords(verdict(labels.map((label, i) => aLabel(`l${i}`, label)))!);

describe("what counts, in words", () => {
  const anna = { author: "anna", authorEmail: "anna@x" };
  const ben = { author: "ben", authorEmail: "ben@x" };
  const accepted = { kind: "acceptance" } as const;

  it("names the one whose label counts alone", () => {
    expect(counted(anna, { ...ben, ...accepted })).toBe("the corrections of anna@x count");
    expect(counted({ ...anna, ...accepted })).toBe("the predictions as accepted by anna@x count");
  });

  it("names the newest where several count", () => {
    expect(counted(anna, ben)).toBe(
      "the corrections of ben@x count, herniated or not by the votes of 2 readers",
    );
  });
});
