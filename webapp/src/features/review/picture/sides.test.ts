import { expect, it } from "vitest";
import { barLength, opposite, sidesOf } from "./sides";

it("names the sides that a picture's edges lead to", () => {
  expect(sidesOf([0, 0.5, 0])).toBe("P");
  expect(sidesOf(opposite([0, 0.5, 0]))).toBe("A");
  expect(sidesOf([0, 0.02, -0.5])).toBe("F");
  expect(sidesOf([-1.5, 0, 4])).toBe("HR");
});

it("has a scale bar of a round length", () => {
  expect([56, 20, 19.9, 7, 0.4].map(barLength)).toEqual([50, 20, 10, 5, 0.2]);
});
