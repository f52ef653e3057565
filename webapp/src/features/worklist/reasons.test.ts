import { describe, expect, it } from "vitest";
import { aScan } from "../../testing/fake-cloud";
import { reasonsOf } from "./reasons";

const gaveUp = { status: "dead", error: { code: "gave-up", message: "It broke off." } } as const;
const gone = { status: "failed", error: { code: "object-gone", message: "It is gone." } } as const;

describe("the reasons of a list", () => {
  it("are those that several scans share, the most frequent first", () => {
    const scans = [
      aScan("a", gone),
      aScan("b", gaveUp),
      aScan("c", gaveUp),
      aScan("d", gone),
      aScan("e", gaveUp),
    ];
    expect(reasonsOf(scans)).toEqual([
      { code: "gave-up", message: "It broke off.", ids: ["b", "c", "e"] },
      { code: "object-gone", message: "It is gone.", ids: ["a", "d"] },
    ]);
  });

  it("are none where each scan has its own, or is read again by now", () => {
    const again = { ...gaveUp, status: "queued" } as const;
    expect(reasonsOf([aScan("a", gone), aScan("b", gaveUp), aScan("c", again)])).toEqual([]);
  });
});
