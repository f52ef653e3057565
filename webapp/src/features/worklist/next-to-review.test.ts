import { describe, expect, it } from "vitest";
import { aScan, timestamp } from "../../testing/fake-cloud";
import { nextToReview } from "./next-to-review";

const done = { status: "done" } as const;
const scans = [
  aScan("a", done),
  aScan("b", { ...done, lastLabelAt: timestamp(1) }),
  aScan("c", { status: "failed" }),
  aScan("d", done),
];
const nextTo = (id: string, ...labelled: string[]) =>
  nextToReview(scans, id, new Set([id, ...labelled]))?.id ?? null;

describe("the next scan to review", () => {
  it("is the next that was read and not labelled, from the top again at the end", () => {
    expect(nextTo("a")).toBe("d");
    expect(nextTo("d")).toBe("a");
    expect(nextTo("gone")).toBe("a");
  });

  it("is none once all are labelled, also by labels that are still on their way", () => {
    expect(nextTo("d", "a")).toBeNull();
  });
});
