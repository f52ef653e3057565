import { beforeEach, describe, expect, it } from "vitest";
import { aLabel, timestamp } from "../../../testing/fake-cloud";
import { correct, FakeDesk } from "../../../testing/fake-desk";
import { aStorage } from "../../../testing/fake-storage";
import { Drafts } from "./drafts";
import type { Reading } from "./reading";
import { isChanged } from "./words";

const box = { x: 1, y: 2, width: 20, height: 10 };
let desk: FakeDesk;

beforeEach(() => {
  desk = new FakeDesk();
});

describe("a draft", () => {
  it("is kept at each change and is back after a crash, with its undo", () => {
    correct(desk.open());
    const later = desk.open();
    expect(later.draft.value).toEqual({ kind: "restored", at: 1_000 });
    expect(later.editor.boxes.value[0]?.herniation).toBe(false);
    later.editor.undo();
    expect(later.editor.boxes.value[0]?.herniation).toBe(true);
    expect(later.draft.value.kind).toBe("none");
    expect(desk.open().draft.value.kind).toBe("none");
  });

  it("can be discarded", () => {
    const reading = desk.open();
    correct(reading);
    reading.discardDraft();
    expect(reading.editor.isDirty.value).toBe(false);
    expect(desk.open().draft.value.kind).toBe("none");
  });

  it("that was discarded comes back, with its undo, and is kept again", () => {
    const reading = desk.open();
    correct(reading);
    reading.discardDraft();
    expect(reading.canUndo.value).toBe(true);
    reading.undo();
    expect(reading.editor.boxes.value[0]?.herniation).toBe(false);
    expect(desk.open().draft.value.kind).toBe("restored");
    reading.undo();
    expect(reading.editor.isDirty.value).toBe(false);
    expect(reading.canUndo.value).toBe(false);
  });

  it("that was discarded comes back on every slice, even after other changes were taken back", () => {
    const reading = desk.open();
    correct(reading);
    reading.discardDraft();
    desk.openScan.goTo(3);
    reading.editor.select("L4-L5");
    reading.editor.nudge(2, 0);
    expect(reading.canBringBack.value).toBe(false);
    reading.undo();
    expect(reading.editor.says.value).toBe("Undone: L4-L5 moved");
    reading.undo();
    expect(reading.editor.says.value).toMatch(/discarded changes are back/);
    expect(reading.editor.edited.value).toEqual(["4"]);
  });

  it("that was saved is not there to come back", () => {
    const reading = desk.open();
    correct(reading);
    reading.discardDraft();
    correct(reading);
    reading.saveCorrections("a.mha");
    expect(reading.canUndo.value).toBe(false);
  });

  it("keeps its model's boxes in view when a newer model has read the scan", () => {
    correct(desk.open());
    expect(desk.openScan.chosenVersion.value).toBe("v1");
    const afterReload = new Drafts(desk.storage);
    expect(afterReload.versionOf("me", "a")).toBe("v1");
    expect(afterReload.versionOf("other", "a")).toBeNull();
  });
});

describe("a disc", () => {
  it("is spoken for by its box on this slice, else on the key slice, else on any", () => {
    const reading = desk.open();
    expect(reading.boxOf("L4-L5")?.slice).toBe(4);
    desk.openScan.goTo(3);
    expect(reading.boxOf("L4-L5")?.slice).toBe(3);
    desk.openScan.goTo(0);
    expect(reading.boxOf("L4-L5")?.slice).toBe(4);
    expect(reading.boxOf("L5-S1")?.slice).toBe(5);
    expect(reading.boxOf("L1-L2")).toBeNull();
  });

  it("is edited where the reader changed the box that speaks for it", () => {
    const reading = desk.open();
    const isEdited = (): boolean => {
      const { box, slice } = reading.boxOf("L4-L5")!;
      return isChanged(box, slice, reading.prediction);
    };
    desk.openScan.goTo(0);
    expect(isEdited()).toBe(false);
    desk.openScan.goTo(4);
    correct(reading);
    desk.openScan.goTo(0);
    expect(isEdited()).toBe(true);
  });
});

describe("saving", () => {
  it("sends the key slice and the edited slices, and leaves no draft", () => {
    const reading = desk.open();
    desk.openScan.goTo(3);
    reading.editor.select("L4-L5");
    reading.editor.nudge(2, 0);
    expect(reading.saveCorrections("a.mha")).toBe(true);
    const [{ label }] = desk.labels.created as [(typeof desk.labels.created)[number]];
    expect(label).toMatchObject({ kind: "correction", author: "me", modelVersion: "v1" });
    expect(Object.keys(label.slices)).toEqual(["3", "4"]);
    expect(label.slices["3"]).toEqual([
      { x: 12, y: 20, width: 30, height: 10, level: "L4-L5", herniation: true },
    ]);
    expect(desk.open().draft.value.kind).toBe("none");
  });

  it("accepts the model's key slice as it is", () => {
    const reading = desk.open();
    expect(reading.acceptPredictions("a.mha")).toBe(true);
    expect(desk.labels.created[0]?.label.slices).toEqual({
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
      (r: Reading) => (desk.labels.saved([aLabel("mine")]), r.acceptPredictions("a")),
      /corrections count before acceptances/,
    ],
    [
      "the scan has only just opened",
      (r: Reading) => ((desk.openScan.shownAt.value = desk.clock), r.acceptPredictions("a")),
      /only just opened/,
    ],
  ])("is refused where %s", (_, save, sentence) => {
    const reading = desk.open();
    expect(save(reading)).toBe(false);
    expect(reading.editor.says.value).toMatch(sentence);
    expect(desk.labels.created).toEqual([]);
  });

  it("is refused the second time the same is said", () => {
    const reading = desk.open();
    reading.acceptPredictions("a.mha");
    desk.labels.saved([aLabel("l1", { ...desk.labels.created[0]!.label })]);
    expect(reading.acceptPredictions("a.mha")).toBe(false);
    expect(reading.editor.says.value).toMatch(/not saved twice/);
  });

  it("goes on from one's own corrections and carries them into the next label", () => {
    const reading = desk.open();
    const saved = { ...box, level: "L4-L5" as const, herniation: false };
    desk.labels.saved([aLabel("l1", { slices: { "4": [], "3": [saved] } })]);
    expect(reading.editor.boxes.value).toEqual([]);
    desk.openScan.goTo(6);
    reading.editor.select("L5-S1");
    reading.editor.nudge(1, 0);
    reading.saveCorrections("a.mha");
    const { slices } = desk.labels.created[0]!.label;
    expect(Object.keys(slices)).toEqual(["3", "4", "6"]);
    expect(slices["3"]).toEqual([saved]);
  });
});

describe("a draft on a computer whose storage is full", () => {
  it("says so, and knows that leaving the page would lose it", () => {
    desk = new FakeDesk(aStorage(0));
    const reading = desk.open();
    correct(reading);
    expect(reading.draft.value.kind).toBe("failed");
    expect(desk.drafts.wouldLose.value).toBe(true);
    reading.editor.undo();
    expect(desk.drafts.wouldLose.value).toBe(false);
  });

  it("is still there when the reader comes back from another page", () => {
    desk = new FakeDesk(aStorage(0));
    const reading = desk.open();
    correct(reading);
    reading.end();
    desk.openScan.chosenVersion.value = null;
    expect(desk.drafts.versionOf("me", "a")).toBe("v1");
    const later = desk.openAgain();
    expect(later.draft.value.kind).toBe("failed");
    expect(later.editor.boxes.value[0]?.herniation).toBe(false);
    expect(later.saveCorrections("a.mha")).toBe(true);
    expect(desk.drafts.wouldLose.value).toBe(false);
  });

  it("counts before what the storage took earlier, and both are gone once it is saved", () => {
    desk = new FakeDesk(aStorage());
    const reading = desk.open();
    correct(reading);
    const { setItem } = desk.storage;
    desk.storage.setItem = () => {
      throw new Error("The quota is exceeded.");
    };
    desk.clock += 1;
    reading.editor.nudge(2, 0);
    reading.end();
    const later = desk.openAgain();
    expect(later.editor.boxes.value[0]).toMatchObject({ x: 12, herniation: false });
    desk.storage.setItem = setItem;
    later.saveCorrections("a.mha");
    expect(desk.openAgain().draft.value.kind).toBe("none");
  });
});

describe("saving on a computer whose storage is full", () => {
  it("keeps the label in the place of its draft", () => {
    desk = new FakeDesk(aStorage(1));
    desk.labels.answer = () => new Promise(() => {}); // no network
    const reading = desk.open();
    correct(reading);
    expect(reading.saveCorrections("a.mha")).toBe(true);
    expect(desk.storage.key(0)).toMatch(/^outbox/);
    expect(desk.outbox.wouldLose.value).toBe(false);
  });

  it("sends the label all the same, and knows that leaving the page could lose it", async () => {
    desk = new FakeDesk(aStorage(0));
    const reading = desk.open();
    correct(reading);
    expect(reading.saveCorrections("a.mha")).toBe(true);
    expect(desk.outbox.entries.value).toMatchObject([{ delivery: "sending", isKept: false }]);
    expect(desk.outbox.wouldLose.value).toBe(true);
    await new Promise((done) => setTimeout(done));
    expect(desk.labels.created).toHaveLength(1);
    expect(desk.outbox.wouldLose.value).toBe(false);
  });
});

describe("labels of others", () => {
  const anna = { author: "anna", authorEmail: "anna@hospital.org" };

  it("are told when they come while the scan is open, and change nothing here", () => {
    const reading = desk.open();
    correct(reading);
    desk.labels.saved([aLabel("old", anna)]);
    expect(reading.meanwhile.value).toEqual([]);
    const newer = aLabel("new", { ...anna, createdAt: timestamp(5) });
    desk.labels.saved([aLabel("old", anna), newer]);
    expect(reading.meanwhile.value).toEqual([newer]);
    expect(reading.othersNewest.value).toEqual([newer]);
    expect(reading.editor.isDirty.value).toBe(true);
  });
});
