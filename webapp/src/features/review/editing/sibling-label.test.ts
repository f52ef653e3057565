import { describe, expect, it } from "vitest";
import { aLabel, aPrediction, someGradings, timestamp } from "../../../testing/fake-cloud";
import type { LabelledBox } from "../../../records";
import type { Judged, Said } from "../../../verdict";
import { siblingLabel } from "./sibling-label";

/** As this series reads: L4-L5 herniated on slices 3 and 4, L5-S1 not, on 5 and 6. */
const prediction = aPrediction({ keySlice: 4 });
const read = { x: 10, y: 20, width: 30, height: 10 };
const drawn = { x: 50, y: 60, width: 20, height: 10 };

type Answer = [LabelledBox["level"], boolean, Judged];
const labelled = (answers: Answer[], box = drawn): LabelledBox[] =>
  answers.map(([level, herniation, judged]) => ({ ...box, level, herniation, judged }));
const saying = (kind: Said["kind"], ...answers: Answer[]): Said => ({
  kind,
  slices: { "7": labelled(answers) },
});
const of = (said: Said, labels = [] as ReturnType<typeof aLabel>[], shift = 0) =>
  siblingLabel(said, "me", { prediction, labels }, shift);

describe("a save on one series says of another", () => {
  it("the same answer, on the boxes of its own reading", () => {
    expect(of(saying("correction", ["L4-L5", false, "changed"]))).toEqual({
      kind: "correction",
      slices: { "4": labelled([["L4-L5", false, "changed"]], read) },
    });
  });

  it("no more than what was judged, on a slice that shows the disc", () => {
    expect(of(saying("correction", ["L5-S1", false, "confirmed"]))).toEqual({
      kind: "correction",
      slices: {
        "4": labelled([["L4-L5", true, "unseen"]], read),
        "6": labelled([["L5-S1", false, "confirmed"]], read),
      },
    });
  });

  it("nothing of discs that it doesn't show", () => {
    expect(of(saying("correction", ["L1-L2", true, "changed"]))).toBeNull();
    const both = saying("correction", ["L1-L2", true, "changed"], ["L4-L5", false, "changed"]);
    expect(Object.values(of(both)?.slices ?? {}).flat()).toHaveLength(1);
  });

  it("an acceptance where only predictions were accepted, and nothing was judged otherwise", () => {
    const accepted = saying("acceptance", ["L4-L5", true, "unseen"]);
    expect(of(accepted)).toEqual({
      kind: "acceptance",
      slices: { "4": labelled([["L4-L5", true, "unseen"]], read) },
    });
    // This series answered otherwise: what was confirmed on the other one corrects it.
    expect(of(saying("acceptance", ["L4-L5", false, "confirmed"]))?.kind).toBe("correction");
    expect(of(saying("acceptance", ["L4-L5", true, "confirmed"]))?.kind).toBe("acceptance");
  });
});

describe("what somebody has drawn on the other series", () => {
  const boxesOfAnother = aLabel("theirs", {
    author: "other",
    slices: {
      "4": labelled([
        ["L4-L5", true, "changed"],
        ["L5-S1", true, "added"],
      ]),
    },
  });

  it("stays, and their answers are not taken for the reader's", () => {
    const label = of(saying("correction", ["L4-L5", false, "changed"]), [boxesOfAnother]);
    expect(label?.slices).toEqual({
      "4": labelled([
        ["L4-L5", false, "changed"],
        ["L5-S1", true, "unseen"],
      ]),
    });
  });

  it("has no box where they have removed the disc", () => {
    const removed = aLabel("theirs", { author: "other", slices: { "4": [] } });
    expect(of(saying("correction", ["L4-L5", false, "changed"]), [removed])).toBeNull();
  });

  it("stays said if it was the reader, also of discs that this save says nothing of", () => {
    const own = aLabel("own", {
      author: "me",
      createdAt: timestamp(1),
      slices: {
        "4": labelled([
          ["L4-L5", true, "changed"],
          ["L5-S1", true, "added"],
        ]),
      },
    });
    const label = of(saying("correction", ["L4-L5", false, "changed"]), [own]);
    expect(label?.slices).toEqual({
      "4": labelled([
        ["L4-L5", false, "changed"],
        ["L5-S1", true, "added"],
      ]),
    });
    expect(of(saying("correction", ["L4-L5", true, "confirmed"]), [own])).toBeNull();
    expect(of(saying("acceptance", ["L4-L5", true, "unseen"]), [own])).toBeNull();
  });
});

it("names discs as the other series does, if that was decided", () => {
  // What this series calls L4-L5 is L5-S1 there; its own L5-S1 has no name then.
  const label = of(saying("correction", ["L5-S1", true, "confirmed"]), [], -1);
  expect(label).toEqual({
    kind: "correction",
    slices: { "4": labelled([["L5-S1", true, "changed"]], read) },
  });
});

describe("gradings on one series", () => {
  const graded = aPrediction({ keySlice: 4 }, someGradings);
  const there = (
    said: Parameters<typeof siblingLabel>[0],
    labels: ReturnType<typeof aLabel>[] = [],
    shift = 0,
  ) => siblingLabel(said, "me", { prediction: graded, labels }, shift);
  const unseen = saying("acceptance", ["L4-L5", true, "unseen"]);

  it("are those of the other one's disc, too, by its name here, and of no disc that it lacks", () => {
    const gradings = { "L4-L5": { pfirrmann: 4 }, "L2-L3": { modic: true } };
    expect(there({ ...unseen, gradings })).toMatchObject({
      kind: "acceptance",
      gradings: { "L4-L5": { pfirrmann: 4 } },
    });
    const renamed = there({ ...unseen, gradings: { "L4-L5": { bulging: true } } }, [], 1);
    expect(renamed?.gradings).toEqual({ "L4-L5": { bulging: true } });
    expect(
      Object.values(renamed!.slices)
        .flat()
        .map(({ level }) => level),
    ).toContain("L4-L5");
  });

  it("correct the other one where it was graded otherwise", () => {
    const gradings = { "L4-L5": { narrowing: false } };
    expect(there({ ...unseen, gradings })?.kind).toBe("correction");
  });

  it("are said beside what was said there before, but for what was taken back", () => {
    const own = aLabel("mine", {
      kind: "acceptance",
      slices: there(unseen)!.slices,
      gradings: { "L4-L5": { narrowing: true, modic: true }, "L5-S1": { bulging: false } },
    });
    const gradings = { "L4-L5": { pfirrmann: 4 } };
    const takenBack = { "L4-L5": { modic: true } };
    expect(there({ ...unseen, gradings, takenBack }, [own])?.gradings).toEqual({
      "L4-L5": { narrowing: true, pfirrmann: 4 },
      "L5-S1": { bulging: false },
    });
    expect(there({ ...unseen, takenBack: own.gradings! }, [own])).not.toHaveProperty("gradings");
    expect(there(unseen, [own])).toBeNull();
  });
});
