import { beforeEach, describe, expect, it } from "vitest";
import { correct, FakeBrowser } from "../../../testing/fake-browser";
import { aLabel, timestamp } from "../../../testing/fake-cloud";
import { aStorage } from "../../../testing/fake-storage";
import { Drafts } from "./drafts";
import type { Review } from "./review";
import { isChanged } from "./words";

const box = { x: 1, y: 2, width: 20, height: 10 };
let browser: FakeBrowser;

beforeEach(() => {
  browser = new FakeBrowser();
});

describe("a draft", () => {
  it("is kept at each change and is back after a crash, with its undo", () => {
    correct(browser.open());
    const later = browser.open();
    expect(later.draft.value).toEqual({ kind: "restored", at: 1_000 });
    expect(later.editor.boxes.value[0]?.herniation).toBe(false);
    later.editor.undo();
    expect(later.editor.boxes.value[0]?.herniation).toBe(true);
    expect(later.draft.value.kind).toBe("none");
    expect(browser.open().draft.value.kind).toBe("none");
  });

  it("can be discarded", () => {
    const review = browser.open();
    correct(review);
    review.discardDraft();
    expect(review.editor.isDirty.value).toBe(false);
    expect(browser.open().draft.value.kind).toBe("none");
  });

  it("that was discarded comes back, with its undo, and is kept again", () => {
    const review = browser.open();
    correct(review);
    review.discardDraft();
    expect(review.canUndo.value).toBe(true);
    review.undo();
    expect(review.editor.boxes.value[0]?.herniation).toBe(false);
    expect(browser.open().draft.value.kind).toBe("restored");
    review.undo();
    expect(review.editor.isDirty.value).toBe(false);
    expect(review.canUndo.value).toBe(false);
  });

  it("that was discarded comes back on every slice, even after other changes were taken back", () => {
    const review = browser.open();
    correct(review);
    review.discardDraft();
    browser.openScan.goTo(3);
    review.editor.select("L4-L5");
    review.editor.nudge(2, 0);
    expect(review.canBringBack.value).toBe(false);
    review.undo();
    expect(review.editor.says.value).toBe("Undone: L4-L5 moved");
    review.undo();
    expect(review.editor.says.value).toMatch(/discarded changes are back/);
    expect(review.editor.edited.value).toEqual(["4"]);
  });

  it("that was saved is not there to come back", () => {
    const review = browser.open();
    correct(review);
    review.discardDraft();
    correct(review);
    review.saveCorrections("a.mha");
    expect(review.canUndo.value).toBe(false);
  });

  it("keeps its model's boxes in view when a newer model has read the scan", () => {
    correct(browser.open());
    expect(browser.openScan.chosenVersion.value).toBe("v1");
    const afterReload = new Drafts(browser.storage);
    expect(afterReload.versionOf("me", "a")).toBe("v1");
    expect(afterReload.versionOf("other", "a")).toBeNull();
  });
});

describe("a clock that is set back while a scan is open", () => {
  it("doesn't make its boxes look as if they had only just appeared", () => {
    const review = browser.open();
    browser.openScan.shownAt.value = browser.steady;
    correct(review);
    browser.clock -= 15 * 60_000;
    browser.steady += 2_000;
    expect(review.saveCorrections("a.mha")).toBe(true);
  });
});

describe("a box that is in the hand", () => {
  const dragging = (): Review => {
    const review = browser.open();
    review.editor.letGo = () => {
      review.editor.letGo = () => {};
      review.editor.reshape("L4-L5", { ...box, x: 44 });
    };
    return review;
  };

  it("is saved where it is", () => {
    expect(dragging().saveCorrections("a.mha")).toBe(true);
    expect(browser.labels.created[0]?.label.slices["4"]).toMatchObject([{ x: 44 }]);
  });

  it("is a change that an acceptance does not pass over", () => {
    const review = dragging();
    expect(review.acceptPredictions("a.mha")).toBe(false);
    expect(review.editor.says.value).toMatch(/You have changed boxes/);
  });

  it("is in the draft when the page is left", () => {
    dragging().end();
    expect(browser.open().editor.boxes.value).toMatchObject([{ x: 44 }]);
  });

  it("is what an undo takes back", () => {
    const review = dragging();
    review.undo();
    expect(review.editor.says.value).toBe("Undone: L4-L5 resized");
  });
});

describe("a disc", () => {
  it("is shown by its box on this slice, else on the key slice, else on any", () => {
    const review = browser.open();
    expect(review.boxOf("L4-L5")?.slice).toBe(4);
    browser.openScan.goTo(3);
    expect(review.boxOf("L4-L5")?.slice).toBe(3);
    browser.openScan.goTo(0);
    expect(review.boxOf("L4-L5")?.slice).toBe(4);
    expect(review.boxOf("L5-S1")?.slice).toBe(5);
    expect(review.boxOf("L1-L2")).toBeNull();
  });

  it("is edited where the reader changed the box that shows it", () => {
    const review = browser.open();
    const isEdited = (): boolean => {
      const shown = review.boxOf("L4-L5")!;
      return isChanged(shown.box, shown.slice, review.prediction);
    };
    browser.openScan.goTo(0);
    expect(isEdited()).toBe(false);
    browser.openScan.goTo(4);
    correct(review);
    browser.openScan.goTo(0);
    expect(isEdited()).toBe(true);
  });
});

describe("saving", () => {
  it("sends the key slice and the edited slices, and leaves no draft", () => {
    const review = browser.open();
    browser.openScan.goTo(3);
    review.editor.select("L4-L5");
    review.editor.nudge(2, 0);
    expect(review.saveCorrections("a.mha")).toBe(true);
    const [{ label }] = browser.labels.created as [(typeof browser.labels.created)[number]];
    expect(label).toMatchObject({ kind: "correction", author: "me", modelVersion: "v1" });
    expect(Object.keys(label.slices)).toEqual(["3", "4"]);
    expect(label.slices["3"]).toEqual([
      { x: 12, y: 20, width: 30, height: 10, level: "L4-L5", herniation: true, judged: "changed" },
    ]);
    expect(browser.open().draft.value.kind).toBe("none");
  });

  it("accepts the model's key slice as it is", () => {
    const review = browser.open();
    expect(review.acceptPredictions("a.mha")).toBe(true);
    expect(browser.labels.created[0]?.label.slices).toEqual({
      "4": [
        { x: 10, y: 20, width: 30, height: 10, level: "L4-L5", herniation: true, judged: "unseen" },
      ],
    });
  });

  it.each([
    ["nothing was corrected", (r: Review) => r.saveCorrections("a"), /Nothing was corrected/],
    [
      "boxes were changed but the predictions are accepted",
      (r: Review) => (correct(r), r.acceptPredictions("a")),
      /You have changed boxes/,
    ],
    [
      "a slice names a level twice",
      (r: Review) => {
        r.editor.drawn({ ...box, y: 60 });
        r.editor.setLevel("added-1", "L4-L5");
        return r.saveCorrections("a");
      },
      /slice 5 has two boxes called L4-L5/,
    ],
    [
      "a correction of one's own would count before it",
      (r: Review) => (browser.labels.saved([aLabel("mine")]), r.acceptPredictions("a")),
      /corrections count before acceptances/,
    ],
    [
      "the scan has only just opened",
      (r: Review) => ((browser.openScan.shownAt.value = browser.steady), r.acceptPredictions("a")),
      /only just appeared/,
    ],
  ])("is refused where %s", (_, save, sentence) => {
    const review = browser.open();
    expect(save(review)).toBe(false);
    expect(review.editor.says.value).toMatch(sentence);
    expect(browser.labels.created).toEqual([]);
  });

  it("is refused the second time the same is said", () => {
    const review = browser.open();
    review.acceptPredictions("a.mha");
    browser.labels.saved([aLabel("l1", { ...browser.labels.created[0]!.label })]);
    expect(review.acceptPredictions("a.mha")).toBe(false);
    expect(review.editor.says.value).toMatch(/not saved twice/);
  });

  it("goes on from one's own corrections and carries them into the next label", () => {
    const review = browser.open();
    const saved = { ...box, level: "L4-L5" as const, herniation: false };
    browser.labels.saved([aLabel("l1", { slices: { "4": [], "3": [saved] } })]);
    expect(review.editor.boxes.value).toEqual([]);
    browser.openScan.goTo(6);
    review.editor.select("L5-S1");
    review.editor.nudge(1, 0);
    review.saveCorrections("a.mha");
    const { slices } = browser.labels.created[0]!.label;
    expect(Object.keys(slices)).toEqual(["3", "4", "6"]);
    expect(slices["3"]).toEqual([{ ...saved, judged: "changed" }]);
  });
});

describe("a draft on a computer whose storage is full", () => {
  it("says so, and knows that leaving the page would lose it", () => {
    browser = new FakeBrowser({ storage: aStorage(0) });
    const review = browser.open();
    correct(review);
    expect(review.draft.value.kind).toBe("failed");
    expect(browser.drafts.wouldLose.value).toBe(true);
    review.editor.undo();
    expect(browser.drafts.wouldLose.value).toBe(false);
  });

  it("is still there when the reader comes back from another page", () => {
    browser = new FakeBrowser({ storage: aStorage(0) });
    const review = browser.open();
    correct(review);
    review.end();
    browser.openScan.chosenVersion.value = null;
    expect(browser.drafts.versionOf("me", "a")).toBe("v1");
    const later = browser.openAgain();
    expect(later.draft.value.kind).toBe("failed");
    expect(later.editor.boxes.value[0]?.herniation).toBe(false);
    expect(later.saveCorrections("a.mha")).toBe(true);
    expect(browser.drafts.wouldLose.value).toBe(false);
  });

  it("counts before what the storage took earlier, and both are gone once it is saved", () => {
    browser = new FakeBrowser({ storage: aStorage() });
    const review = browser.open();
    correct(review);
    const setItem = browser.storage.setItem.bind(browser.storage);
    browser.storage.setItem = () => {
      throw new Error("The quota is exceeded.");
    };
    browser.clock += 1;
    review.editor.nudge(2, 0);
    review.end();
    const later = browser.openAgain();
    expect(later.editor.boxes.value[0]).toMatchObject({ x: 12, herniation: false });
    browser.storage.setItem = setItem;
    later.saveCorrections("a.mha");
    expect(browser.openAgain().draft.value.kind).toBe("none");
  });
});

describe("saving on a computer whose storage is full", () => {
  it("keeps the label in the place of its draft", () => {
    browser = new FakeBrowser({ storage: aStorage(1) });
    browser.labels.answer = () => new Promise(() => {}); // no network
    const review = browser.open();
    correct(review);
    expect(review.saveCorrections("a.mha")).toBe(true);
    expect(browser.storage.key(0)).toMatch(/^outbox/);
    expect(browser.outbox.wouldLose.value).toBe(false);
  });

  it("sends the label all the same, and knows that leaving the page could lose it", async () => {
    browser = new FakeBrowser({ storage: aStorage(0) });
    const review = browser.open();
    correct(review);
    expect(review.saveCorrections("a.mha")).toBe(true);
    expect(browser.outbox.entries.value).toMatchObject([{ delivery: "sending", isKept: false }]);
    expect(browser.outbox.wouldLose.value).toBe(true);
    await new Promise((done) => setTimeout(done));
    expect(browser.labels.created).toHaveLength(1);
    expect(browser.outbox.wouldLose.value).toBe(false);
  });
});

describe("labels of others", () => {
  const anna = { author: "anna", authorEmail: "anna@hospital.org" };

  it("are told when they come while the scan is open, and change nothing here", () => {
    const review = browser.open();
    correct(review);
    browser.labels.saved([aLabel("old", anna)]);
    expect(review.arrivedMeanwhile.value).toEqual([]);
    const newer = aLabel("new", { ...anna, createdAt: timestamp(5) });
    browser.labels.saved([aLabel("old", anna), newer]);
    expect(review.arrivedMeanwhile.value).toEqual([newer]);
    expect(review.others.value).toEqual([newer]);
    expect(review.editor.isDirty.value).toBe(true);
  });

  it("outvote the reader in what counts, and not in what the reader goes on from", () => {
    const review = browser.open();
    const slices = (herniation: boolean) => ({
      "4": [{ ...box, level: "L4-L5" as const, herniation }],
    });
    const mine = aLabel("mine", {
      createdAt: timestamp(9),
      slices: slices(false),
    });
    const theirs = ["anna", "ben"].map((author) =>
      aLabel(author, { author, slices: slices(true) }),
    );
    browser.labels.saved([...theirs, mine]);
    expect(review.counted.value).toMatchObject({ newest: mine, slices: slices(true) });
    expect(review.editor.work.value.slices["4"]?.[0]).toMatchObject({ herniation: false });
  });

  it("are theirs by their correction, even where they accepted the predictions later", () => {
    const review = browser.open();
    const correction = aLabel("first", anna);
    const later = { ...anna, kind: "acceptance" as const, createdAt: timestamp(5) };
    browser.labels.saved([correction, aLabel("second", later)]);
    expect(review.others.value).toEqual([correction]);
  });
});
