import { beforeEach, describe, expect, it } from "vitest";
import { correct, FakeBrowser } from "../../../testing/fake-browser";
import { aLabel, timestamp } from "../../../testing/fake-cloud";
import type { Review } from "./review";

const box = { x: 1, y: 2, width: 20, height: 10 };
let browser: FakeBrowser;

beforeEach(() => {
  browser = new FakeBrowser();
});

describe("a correction of one's own that was saved in another tab", () => {
  const elsewhere = (slices: Parameters<typeof aLabel>[1]) =>
    browser.labels.saved([aLabel("l1", { ...slices, createdAt: timestamp(5) })]);
  const saved = {
    ...box,
    level: "L4-L5" as const,
    herniation: false,
    judged: "changed" as const,
  };
  const nudge = (review: Review, slice: number, level: string, dx: number): void => {
    browser.openScan.goTo(slice);
    review.editor.select(level);
    review.editor.nudge(dx, 0);
  };
  const savedSlices = (review: Review) => {
    expect(review.saveCorrections("a.mha")).toBe(true);
    return browser.labels.created[0]!.label.slices;
  };

  it("is not taken back by a draft of this one", () => {
    const review = browser.open();
    browser.labels.saved([]);
    nudge(review, 3, "L4-L5", 2);
    elsewhere({ slices: { "4": [saved] } });
    expect(review.editor.says.value).toMatch(/Your changes here stay on top/);
    expect(savedSlices(review)).toEqual({
      "3": [
        {
          x: 12,
          y: 20,
          width: 30,
          height: 10,
          level: "L4-L5",
          herniation: false,
          judged: "changed",
        },
      ],
      "4": [saved],
    });
  });

  it("is not taken back by a draft that was restored or begun before the labels were there", () => {
    nudge(browser.open(), 3, "L4-L5", 2);
    const review = browser.open();
    elsewhere({ slices: { "4": [saved] } });
    expect(savedSlices(review)["4"]).toEqual([saved]);
  });

  it("leaves a restored draft that was begun on it as it was, with what was undone", () => {
    const first = browser.open();
    elsewhere({ slices: { "4": [saved] } });
    nudge(first, 3, "L4-L5", 2);
    nudge(first, 4, "L4-L5", 1);
    first.editor.undo();
    const review = browser.open();
    elsewhere({ slices: { "4": [saved] } });
    expect(review.draft.value.kind).toBe("restored");
    expect(review.editor.says.value).toBeNull();
    expect(review.editor.canRedo.value).toBe(true);
  });

  it("is what an undo of this tab's changes comes back to", () => {
    const review = browser.open();
    const there = { ...saved, x: 3, y: 2, width: 20 };
    nudge(review, 4, "L4-L5", 2);
    elsewhere({ slices: { "4": [there] } });
    expect(review.editor.boxes.value[0]).toMatchObject({ x: 3, width: 20, herniation: false });
    review.editor.undo();
    expect(review.editor.boxes.value).toMatchObject([there]);
  });

  it("keeps the order in which discs were judged on several slices", () => {
    const review = browser.open();
    browser.openScan.goTo(4);
    correct(review);
    browser.openScan.goTo(3);
    correct(review);
    expect(review.editor.boxes.value[0]?.herniation).toBe(true);
    elsewhere({ slices: { "6": [] } });
    expect(review.editor.boxes.value[0]?.herniation).toBe(true);
  });

  it("counts before an acceptance of another tab that came later", () => {
    const review = browser.open();
    const accepted = aLabel("l2", { kind: "acceptance", createdAt: timestamp(9) });
    browser.labels.saved([aLabel("l1", { slices: { "4": [saved] } }), accepted]);
    expect(review.editor.boxes.value).toMatchObject([saved]);
    nudge(review, 3, "L4-L5", 2);
    expect(savedSlices(review)["4"]).toEqual([saved]);
  });

  it("says which of this tab's changes have lost their boxes", () => {
    const review = browser.open();
    nudge(review, 3, "L4-L5", 2);
    nudge(review, 4, "L4-L5", 2);
    elsewhere({ slices: { "4": [] } });
    expect(review.editor.says.value).toMatch(/on top, except .*slice 5: L4-L5 moved/);
    expect(review.editor.edited.value).toEqual(["3"]);
  });

  it("keeps this tab's changes from a box that is another disc's by now", () => {
    const review = browser.open();
    nudge(review, 4, "L4-L5", 2);
    elsewhere({ slices: { "4": [{ ...saved, y: saved.y + 40 }] } }); // L4-L5 is the one below
    expect(review.editor.says.value).toMatch(/on top, except .*slice 5: L4-L5 moved/);
    expect(review.editor.boxes.value).toMatchObject([{ x: saved.x, y: saved.y + 40 }]);
  });

  it("is not taken back by a draft that was discarded before and comes back", () => {
    const review = browser.open();
    browser.labels.saved([]);
    nudge(review, 3, "L4-L5", 2);
    review.discardDraft();
    elsewhere({ slices: { "4": [saved] } });
    review.undo();
    expect(review.editor.says.value).toMatch(/Your changes here stay on top/);
    expect(savedSlices(review)["4"]).toEqual([saved]);
  });

  it("keeps a draft begun on it that is discarded and comes back before the labels are there", () => {
    const first = browser.open();
    elsewhere({ slices: { "4": [saved] } });
    nudge(first, 4, "L4-L5", 2);
    const review = browser.open();
    review.discardDraft();
    review.undo();
    elsewhere({ slices: { "4": [saved] } });
    expect(review.editor.boxes.value).toMatchObject([{ x: saved.x + 2 }]);
    expect(review.editor.says.value).not.toMatch(/did not arrive/);
  });

  it("does not throw away the draft of another tab, nor does a later draft overwrite it", () => {
    const one = browser.open();
    const drafts = browser.drafts;
    const other = browser.open();
    nudge(one, 3, "L4-L5", 2);
    browser.clock += 1;
    browser.drafts.changedElsewhere(); // as the browser tells it
    expect(other.draftBesides()).toBe(browser.clock - 1);
    correct(other);
    drafts.changedElsewhere();
    expect(one.draftBesides()).toBe(browser.clock);
    browser.clock += 1;
    nudge(one, 3, "L4-L5", 2);

    const later = browser.open(); // the newest of both
    browser.openScan.goTo(3);
    expect(later.editor.boxes.value[0]).toMatchObject({ x: 14, herniation: true });
    expect(later.draftBesides()).toBe(browser.clock - 1);
    later.discardDraft();
    const last = browser.open();
    expect(last.editor.boxes.value[0]).toMatchObject({ x: 10, herniation: false });
    last.discardDraft();
    expect(browser.open().draft.value.kind).toBe("none");
    expect(browser.storage.length).toBe(0);
  });

  it("does not take the draft of another tab with it when it is saved", () => {
    const [one, other] = [browser.open(), browser.open()];
    correct(one);
    browser.clock += 1;
    nudge(other, 3, "L4-L5", 2);
    one.saveCorrections("a.mha");
    expect(browser.open().draft.value.kind).toBe("restored");
  });
});
