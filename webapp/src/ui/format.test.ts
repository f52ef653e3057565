import { describe, expect, it } from "vitest";
import { age, ago, bytes, seconds } from "./format";

describe("numbers in words", () => {
  it("gives sizes in decimal units", () => {
    expect([bytes(999), bytes(20_971_520), bytes(1_500_000_000)]).toEqual([
      "999 B",
      "21.0 MB",
      "1.5 GB",
    ]);
  });

  it("gives ages in the largest unit that fits", () => {
    const minute = 60_000;
    const ages = [30_000, 2 * minute, 59 * minute, 90 * minute, 49 * 60 * minute];
    expect(ages.map((past) => age(0, past))).toEqual(["now", "2 min", "59 min", "1 h", "2 d"]);
    expect([ago(0, 0), ago(0, 2 * minute)]).toEqual(["just now", "2 min ago"]);
  });

  it("gives seconds with the digits that matter", () => {
    expect([seconds(1.44), seconds(12.3)]).toEqual(["1.4 s", "12 s"]);
  });
});
