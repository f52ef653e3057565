import { beforeEach, describe, expect, it } from "vitest";
import { correct, FakeBrowser } from "../../../testing/fake-browser";
import { aLabel, aPrediction, timestamp } from "../../../testing/fake-cloud";
import type { Review } from "./review";

const place = { x: 10, y: 20, width: 30, height: 10 };
const aDisc = (level: string, herniation: number, y: number) => {
  const box = { ...place, y };
  const boxes = { "3": box, "4": box };
  return {
    level,
    herniation,
    slice: 4,
    box,
    boxes,
    confidence: 1,
    volumeMm3: null,
    centreMm: null,
    quantities: null,
    reason: null,
    gradings: null,
  };
};
/** L3-L4 is surely sound; L4-L5 herniated and L5-S1 sound, both near the threshold. */
const prediction = aPrediction({
  herniationThreshold: 0.234,
  discs: [
    aDisc("L3-L4", 0.01, 10),
    aDisc("L4-L5", 0.39, 30),
    aDisc("L5-S1", 0.2, 50),
    { ...aDisc("L1-L2", 0.3, 70), boxes: { "6": place } }, // not on the key slice
  ],
});
let browser: FakeBrowser;

beforeEach(() => {
  browser = new FakeBrowser();
  browser.openScan.predictions.value = [prediction];
});

const saved = () => browser.labels.created.at(-1)?.label;
const judged = (slice = "4") =>
  saved()?.slices[slice]?.map(({ level, herniation, judged: how }) => [level, herniation, how]);
const confirm = (review: Review, level: string): boolean => {
  review.selectDisc(level);
  return review.asking.confirm();
};

describe("an acceptance", () => {
  it("asks for the doubtful discs, one after the other, and is saved as they were confirmed", () => {
    const review = browser.open();
    expect(review.acceptPredictions("a.mha")).toBe(false);
    expect(browser.labels.created).toEqual([]);
    expect(review.asking.asked.value).toBe("L4-L5");
    expect(review.editor.selectedId.value).toBe("L4-L5");
    expect(review.asking.confirm()).toBe(false);
    expect(review.asking.asked.value).toBe("L5-S1");
    expect(review.asking.confirm()).toBe(true); // then the page saves
    expect(review.acceptPredictions("a.mha")).toBe(true);
    expect(saved()?.kind).toBe("acceptance");
    expect(judged()).toEqual([
      ["L3-L4", false, "unseen"],
      ["L4-L5", true, "confirmed"],
      ["L5-S1", false, "confirmed"],
    ]);
  });

  it("becomes corrections where the reader changes an answer, saved by the reader's own key", () => {
    const review = browser.open();
    review.acceptPredictions("a.mha");
    review.asking.change();
    expect(review.asking.asked.value).toBe("L5-S1");
    expect(review.asking.confirm()).toBe(false);
    expect(review.editor.says.value).toMatch(/Press S/);
    expect(review.acceptPredictions("a.mha")).toBe(false);
    expect(review.saveCorrections("a.mha")).toBe(true);
    expect(judged()).toEqual([
      ["L3-L4", false, "unseen"],
      ["L4-L5", false, "changed"],
      ["L5-S1", false, "confirmed"],
    ]);
  });

  it("asks again after the reader went away from the question, and not for what was answered", () => {
    const review = browser.open();
    review.acceptPredictions("a.mha");
    review.asking.confirm();
    expect(review.asking.stop()).toBe(true);
    expect(review.asking.asked.value).toBeNull();
    review.acceptPredictions("a.mha");
    expect(review.asking.asked.value).toBe("L5-S1");
    review.editor.undo();
    expect(review.asking.asked.value).toBe("L4-L5");
  });

  it("shows as the reader's what they confirmed, once it has arrived and is opened again", () => {
    const review = browser.open();
    confirm(review, "L4-L5");
    confirm(review, "L5-S1");
    review.acceptPredictions("a.mha");
    browser.labels.saved([aLabel("l1", { ...saved()!, createdAt: timestamp(5) })]);
    expect(review.judged.value.get("L4-L5")).toBe("confirmed");
    const later = browser.open();
    browser.labels.saved([aLabel("l1", { ...saved()!, createdAt: timestamp(5) })]);
    expect(later.judged.value.get("L5-S1")).toBe("confirmed");
    expect(later.judged.value.get("L3-L4")).toBe("unseen");
    expect(later.acceptPredictions("a.mha")).toBe(false);
    expect(later.editor.says.value).toMatch(/not saved twice/);
  });
});

describe("a correction", () => {
  it("leaves untouched discs unseen, however doubtful", () => {
    const review = browser.open();
    review.selectDisc("L3-L4");
    review.asking.change();
    review.saveCorrections("a.mha");
    expect(judged()).toEqual([
      ["L3-L4", true, "changed"],
      ["L4-L5", true, "unseen"],
      ["L5-S1", false, "unseen"],
    ]);
  });

  it("tells an answer that was changed and changed back from one that was left", () => {
    const review = browser.open();
    correct(review);
    correct(review);
    review.saveCorrections("a.mha");
    expect(judged()?.[1]).toEqual(["L4-L5", true, "confirmed"]);
  });

  it("judges a disc by its moved box, and tells added boxes", () => {
    const review = browser.open();
    browser.openScan.goTo(3);
    review.selectDisc("L4-L5");
    review.editor.nudge(2, 0);
    review.editor.drawn({ x: 10, y: 80, width: 30, height: 10 });
    review.editor.setLevel("added-1", "L1-L2");
    expect(review.judged.value.get("L4-L5")).toBe("changed");
    review.saveCorrections("a.mha");
    expect(judged("3")).toEqual([
      ["L1-L2", false, "added"],
      ["L3-L4", false, "unseen"],
      ["L4-L5", true, "changed"],
      ["L5-S1", false, "unseen"],
    ]);
  });

  it("is no correction while discs are only confirmed", () => {
    const review = browser.open();
    confirm(review, "L4-L5");
    expect(review.draft.value.kind).toBe("kept");
    expect(review.saveCorrections("a.mha")).toBe(false);
    expect(review.editor.says.value).toMatch(/Nothing was corrected/);
  });

  it("shows the reader's own answer after reopening, and keeps what was judged before", () => {
    const own = (level: "L4-L5" | "L5-S1", y: number, how: "changed" | "confirmed") => {
      return { ...place, y, level, herniation: false, judged: how };
    };
    const slices = { "4": [own("L4-L5", 30, "changed"), own("L5-S1", 50, "confirmed")] };
    const review = browser.open();
    browser.labels.saved([aLabel("l1", { slices })]);
    browser.openScan.goTo(3);
    expect(review.boxOf("L4-L5")?.box.herniation).toBe(false);
    expect(review.judged.value.get("L4-L5")).toBe("changed");
    expect(review.judged.value.get("L5-S1")).toBe("confirmed");
    review.selectDisc("L3-L4");
    review.asking.change();
    review.saveCorrections("a.mha");
    expect(judged()).toEqual([
      ["L4-L5", false, "changed"],
      ["L5-S1", false, "confirmed"],
    ]);
  });

  it("may confirm further discs later", () => {
    const review = browser.open();
    const l45 = { ...place, y: 30, level: "L4-L5" as const, herniation: false };
    const l51 = { ...place, y: 50, level: "L5-S1" as const, herniation: false };
    const slices = {
      "4": [
        { ...l45, judged: "changed" as const },
        { ...l51, judged: "unseen" as const },
      ],
    };
    browser.labels.saved([aLabel("l1", { slices })]);
    confirm(review, "L5-S1");
    expect(review.saveCorrections("a.mha")).toBe(true);
    expect(judged()?.map(([, , how]) => how)).toEqual(["changed", "confirmed"]);
  });
});
