import { describe, expect, it } from "vitest";
import { aLabel, aPrediction, aScan, timestamp } from "../../../testing/fake-cloud";
import { timelineOf } from "./timeline-lines";

describe("the timeline", () => {
  it("tells the case in order: upload, readings with what changed, labels, learning", () => {
    const scan = aScan("a", { createdAt: timestamp(1), uploadedBy: "rad@x" });
    const first = aPrediction({ createdAt: timestamp(2), seconds: { read: 0.4, segment: 1 } });
    const [l45, l5s1] = first.discs;
    const again = aPrediction({
      modelVersion: "v2",
      createdAt: timestamp(5),
      discs: [{ ...l45!, herniation: 0.2 }, l5s1!],
    });
    const events = [
      { kind: "done" as const, at: timestamp(2), by: "worker", message: "Read by v1." },
      { kind: "used-in-run" as const, at: timestamp(4), by: "pipeline", message: "Used in run 12" },
    ];
    const label = aLabel("l", { createdAt: timestamp(3), authorEmail: "anna@x" });
    const lines = timelineOf(scan, [again, first], [label], events);
    expect(lines.map(({ what, details }) => [what, ...details])).toEqual([
      ["Uploaded by rad@x"],
      ["Read by v1 in 1.4 s"],
      ["Corrected by anna@x"],
      ["Used in run 12"],
      ["Read again by v2 in 1.0 s", "L4-L5 0.81 → 0.20, no longer LDH"],
    ]);
  });

  it("says which labels a run did not learn from, why, and what to do", () => {
    const message =
      "Some boxes were not used in retraining run 2\nOut of the slice. Draw it again.";
    const at = timestamp(3);
    const events = [
      { kind: "used-in-run" as const, at: timestamp(2), by: "run 2", message: "Used in run 2." },
      { kind: "refused-in-run" as const, at, by: "run 2", message },
    ];
    const [, used, refused] = timelineOf(aScan("a"), [], [], events);
    expect(used).toMatchObject({ what: "Used in run 2.", kind: "learned" });
    expect(refused).toMatchObject({
      what: "Some boxes were not used in retraining run 2",
      details: ["Out of the slice. Draw it again."],
      kind: "trouble",
    });
  });

  it("gives the reason of a failure", () => {
    const failed = { kind: "failed" as const, at: timestamp(2), by: "w", message: "Truncated." };
    const [, line] = timelineOf(aScan("a"), [], [], [failed]);
    expect(line).toMatchObject({ what: "Not read", details: ["Truncated."], kind: "trouble" });
  });
});
