import { describe, expect, it } from "vitest";
import { findingOf } from "./herniation";

describe("a probability in words", () => {
  it("is uncertain where it is nearer to the model's threshold than to certainty", () => {
    const words = [0, 0.2, 0.3, 0.6, 0.7, 0.8, 1].map((p) => findingOf(p, 0.5));
    expect(words).toEqual([
      "none",
      "none",
      "uncertain",
      "uncertain",
      "uncertain",
      "herniated",
      "herniated",
    ]);
  });

  it("follows a threshold that is not a half", () => {
    expect([0.1, 0.15, 0.6, 0.65].map((p) => findingOf(p, 0.23))).toEqual([
      "none",
      "uncertain",
      "uncertain",
      "herniated",
    ]);
  });
});
