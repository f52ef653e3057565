import { beforeEach, describe, expect, it } from "vitest";
import {
  aFakeApi,
  aLabel,
  aPrediction,
  aScan,
  FakeLabels,
  FakeScans,
  timestamp,
} from "../../testing/fake-cloud";
import { aStorage } from "../../testing/fake-storage";
import { Drafts } from "./drafts";
import type { Frame } from "./frames";
import { Outbox } from "./outbox";
import { Reading } from "./reading";
import { Review } from "./review";
import { isChanged } from "./words";

const me = { uid: "me", email: "me@hospital.org" };
const box = { x: 1, y: 2, width: 20, height: 10 };
let storage: Storage;
let labels: FakeLabels;
let review: Review;
let clock: number;
let outbox: Outbox;

beforeEach(async () => {
  storage = aStorage();
  labels = new FakeLabels();
  clock = 1_000;
  const feed = new FakeScans();
  review = new Review("a", feed, aFakeApi(), async () => ({}) as Frame);
  review.start();
  feed.scan(aScan("a", { status: "done", modelVersion: "v1" }));
  feed.predictions([aPrediction()]);
  review.shownAt.value = 0;
});

function open(): Reading {
  outbox = new Outbox(labels, storage);
  outbox.start(me.uid);
  const reading = new Reading(review, review.prediction.value!, {
    user: me,
    labels,
    drafts: new Drafts(storage, me.uid, () => clock),
    outbox,
    newId: () => `label-${clock++}`,
    now: () => clock,
  });
  reading.start(() => {});
  return reading;
}

function correct(reading: Reading): void {
  reading.editor.select("L4-L5");
  reading.editor.toggleHerniation();
}

describe("a draft", () => {
  it("is kept at each change and is back after a crash, with its undo", () => {
    correct(open());
    const later = open();
    expect(later.draft.value).toEqual({ kind: "restored", at: 1_000 });
    expect(later.editor.boxes.value[0]?.herniation).toBe(false);
    later.editor.undo();
    expect(later.editor.boxes.value[0]?.herniation).toBe(true);
    expect(later.draft.value.kind).toBe("none");
    expect(open().draft.value.kind).toBe("none");
  });

  it("can be discarded", () => {
    const reading = open();
    correct(reading);
    reading.discardDraft();
    expect(reading.editor.isDirty.value).toBe(false);
    expect(open().draft.value.kind).toBe("none");
  });

  it("keeps its model's boxes in view when a newer model has read the scan", () => {
    correct(open());
    expect(review.chosenVersion.value).toBe("v1");
    expect(new Drafts(storage, me.uid).versionOf("a")).toBe("v1");
    expect(new Drafts(storage, "other").versionOf("a")).toBeNull();
  });

  it("says so when this computer keeps nothing", () => {
    storage = aStorage(0);
    const reading = open();
    correct(reading);
    expect(reading.draft.value).toEqual({ kind: "failed", reason: "The quota is exceeded." });
  });
});

describe("a disc", () => {
  it("is spoken for by its box on this slice, else on the key slice, else on any", () => {
    const reading = open();
    expect(reading.boxOf("L4-L5")?.slice).toBe(4);
    review.goTo(3);
    expect(reading.boxOf("L4-L5")?.slice).toBe(3);
    review.goTo(0);
    expect(reading.boxOf("L4-L5")?.slice).toBe(4);
    expect(reading.boxOf("L5-S1")?.slice).toBe(5);
    expect(reading.boxOf("L1-L2")).toBeNull();
  });

  it("is edited where the reader changed the box that speaks for it", () => {
    const reading = open();
    const isEdited = (): boolean => {
      const { box, slice } = reading.boxOf("L4-L5")!;
      return isChanged(box, slice, reading.prediction);
    };
    review.goTo(0);
    expect(isEdited()).toBe(false);
    review.goTo(4);
    correct(reading);
    review.goTo(0);
    expect(isEdited()).toBe(true);
  });
});

describe("saving", () => {
  it("sends the key slice and the edited slices, and leaves no draft", () => {
    const reading = open();
    review.goTo(3);
    reading.editor.select("L4-L5");
    reading.editor.nudge(2, 0);
    expect(reading.saveCorrections("a.mha")).toBe(true);
    const [{ label }] = labels.created as [(typeof labels.created)[number]];
    expect(label).toMatchObject({ kind: "correction", author: "me", modelVersion: "v1" });
    expect(Object.keys(label.slices)).toEqual(["3", "4"]);
    expect(label.slices["3"]).toEqual([
      { x: 12, y: 20, width: 30, height: 10, level: "L4-L5", herniation: true },
    ]);
    expect(open().draft.value.kind).toBe("none");
  });

  it("accepts the model's key slice as it is", () => {
    const reading = open();
    expect(reading.acceptPredictions("a.mha")).toBe(true);
    expect(labels.created[0]?.label.slices).toEqual({
      "4": [{ x: 10, y: 20, width: 30, height: 10, level: "L4-L5", herniation: true }],
    });
  });

  it.each([
    ["nothing was corrected", (r: Reading) => r.saveCorrections("a"), /Nothing was corrected/],
    [
      "boxes were changed but the predictions are accepted",
      (r: Reading) => (correct(r), r.acceptPredictions("a")),
      /You have changed boxes/,
    ],
    [
      "a slice names a level twice",
      (r: Reading) => {
        r.editor.drawn({ ...box, y: 60 });
        r.editor.setLevel("added-1", "L4-L5");
        return r.saveCorrections("a");
      },
      /slice 5 has two boxes called L4-L5/,
    ],
    [
      "a correction of one's own would count before it",
      (r: Reading) => (labels.saved([aLabel("mine")]), r.acceptPredictions("a")),
      /corrections count before acceptances/,
    ],
    [
      "the scan has only just opened",
      (r: Reading) => ((review.shownAt.value = clock), r.acceptPredictions("a")),
      /only just opened/,
    ],
  ])("is refused where %s", (_, save, sentence) => {
    const reading = open();
    expect(save(reading)).toBe(false);
    expect(reading.editor.says.value).toMatch(sentence);
    expect(labels.created).toEqual([]);
  });

  it("is refused the second time the same is said", () => {
    const reading = open();
    reading.acceptPredictions("a.mha");
    labels.saved([aLabel("l1", { ...labels.created[0]!.label })]);
    expect(reading.acceptPredictions("a.mha")).toBe(false);
    expect(reading.editor.says.value).toMatch(/not saved twice/);
  });

  it("goes on from one's own corrections and carries them into the next label", () => {
    const reading = open();
    const saved = { ...box, level: "L4-L5" as const, herniation: false };
    labels.saved([aLabel("l1", { slices: { "4": [], "3": [saved] } })]);
    expect(reading.editor.boxes.value).toEqual([]);
    review.goTo(6);
    reading.editor.select("L5-S1");
    reading.editor.nudge(1, 0);
    reading.saveCorrections("a.mha");
    const { slices } = labels.created[0]!.label;
    expect(Object.keys(slices)).toEqual(["3", "4", "6"]);
    expect(slices["3"]).toEqual([saved]);
  });
});

describe("saving on a computer whose storage is full", () => {
  it("keeps the label in the place of its draft", () => {
    storage = aStorage(1);
    labels.answer = () => new Promise(() => {}); // no network
    const reading = open();
    correct(reading);
    expect(reading.saveCorrections("a.mha")).toBe(true);
    expect(storage.key(0)).toMatch(/^outbox/);
    expect(outbox.wouldLose.value).toBe(false);
  });

  it("sends the label all the same, and knows that leaving the page could lose it", async () => {
    storage = aStorage(0);
    const reading = open();
    correct(reading);
    expect(reading.saveCorrections("a.mha")).toBe(true);
    expect(outbox.entries.value).toMatchObject([{ delivery: "sending", isKept: false }]);
    expect(outbox.wouldLose.value).toBe(true);
    await new Promise((done) => setTimeout(done));
    expect(labels.created).toHaveLength(1);
    expect(outbox.wouldLose.value).toBe(false);
  });
});

describe("a correction of one's own that was saved in another tab", () => {
  const elsewhere = (slices: Parameters<typeof aLabel>[1]) =>
    labels.saved([aLabel("l1", { ...slices, createdAt: timestamp(5) })]);
  const saved = { ...box, level: "L4-L5" as const, herniation: false };
  const nudge = (reading: Reading, slice: number, level: string, dx: number): void => {
    review.goTo(slice);
    reading.editor.select(level);
    reading.editor.nudge(dx, 0);
  };
  const savedSlices = (reading: Reading) => {
    expect(reading.saveCorrections("a.mha")).toBe(true);
    return labels.created[0]!.label.slices;
  };

  it("is not taken back by a draft of this one", () => {
    const reading = open();
    labels.saved([]);
    nudge(reading, 3, "L4-L5", 2);
    elsewhere({ slices: { "4": [saved] } });
    expect(reading.editor.says.value).toMatch(/Your changes here stay on top/);
    expect(savedSlices(reading)).toEqual({
      "3": [{ x: 12, y: 20, width: 30, height: 10, level: "L4-L5", herniation: false }],
      "4": [saved],
    });
  });

  it("is not taken back by a draft that was restored or begun before the labels were there", () => {
    nudge(open(), 3, "L4-L5", 2);
    const reading = open();
    elsewhere({ slices: { "4": [saved] } });
    expect(savedSlices(reading)["4"]).toEqual([saved]);
  });

  it("leaves a restored draft that was begun on it as it was, with what was undone", () => {
    const first = open();
    elsewhere({ slices: { "4": [saved] } });
    nudge(first, 3, "L4-L5", 2);
    nudge(first, 4, "L4-L5", 1);
    first.editor.undo();
    const reading = open();
    elsewhere({ slices: { "4": [saved] } });
    expect(reading.draft.value.kind).toBe("restored");
    expect(reading.editor.says.value).toBeNull();
    expect(reading.editor.canRedo.value).toBe(true);
  });

  it("is what an undo of this tab's changes comes back to", () => {
    const reading = open();
    const there = { ...saved, x: 3, y: 2, width: 20 };
    nudge(reading, 4, "L4-L5", 2);
    elsewhere({ slices: { "4": [there] } });
    expect(reading.editor.boxes.value[0]).toMatchObject({ x: 3, width: 20, herniation: false });
    reading.editor.undo();
    expect(reading.editor.boxes.value).toMatchObject([there]);
  });

  it("keeps the order in which discs were judged on several slices", () => {
    const reading = open();
    review.goTo(4);
    correct(reading);
    review.goTo(3);
    correct(reading);
    expect(reading.editor.boxes.value[0]?.herniation).toBe(true);
    elsewhere({ slices: { "6": [] } });
    expect(reading.editor.boxes.value[0]?.herniation).toBe(true);
  });

  it("counts before an acceptance of another tab that came later", () => {
    const reading = open();
    const accepted = aLabel("l2", { kind: "acceptance", createdAt: timestamp(9) });
    labels.saved([aLabel("l1", { slices: { "4": [saved] } }), accepted]);
    expect(reading.editor.boxes.value).toMatchObject([saved]);
    nudge(reading, 3, "L4-L5", 2);
    expect(savedSlices(reading)["4"]).toEqual([saved]);
  });

  it("says which of this tab's changes have lost their boxes", () => {
    const reading = open();
    nudge(reading, 3, "L4-L5", 2);
    nudge(reading, 4, "L4-L5", 2);
    elsewhere({ slices: { "4": [] } });
    expect(reading.editor.says.value).toMatch(/on top, except .*slice 5: L4-L5 moved/);
    expect(reading.editor.edited.value).toEqual(["3"]);
  });

  it("keeps this tab's changes from a box that is another disc's by now", () => {
    const reading = open();
    nudge(reading, 4, "L4-L5", 2);
    elsewhere({ slices: { "4": [{ ...saved, y: saved.y + 40 }] } }); // L4-L5 is the one below
    expect(reading.editor.says.value).toMatch(/on top, except .*slice 5: L4-L5 moved/);
    expect(reading.editor.boxes.value).toMatchObject([{ x: saved.x, y: saved.y + 40 }]);
  });

  it("does not throw away the draft of another tab", () => {
    const [one, other] = [open(), open()];
    correct(one);
    clock += 1;
    nudge(other, 3, "L4-L5", 2);
    one.saveCorrections("a.mha");
    expect(open().draft.value.kind).toBe("restored");
  });
});

describe("labels of others", () => {
  const anna = { author: "anna", authorEmail: "anna@hospital.org" };

  it("are told when they come while the scan is open, and change nothing here", () => {
    const reading = open();
    correct(reading);
    labels.saved([aLabel("old", anna)]);
    expect(reading.meanwhile.value).toEqual([]);
    const newer = aLabel("new", { ...anna, createdAt: timestamp(5) });
    labels.saved([aLabel("old", anna), newer]);
    expect(reading.meanwhile.value).toEqual([newer]);
    expect(reading.othersNewest.value).toEqual([newer]);
    expect(reading.editor.isDirty.value).toBe(true);
  });
});
