import { beforeEach, describe, expect, it } from "vitest";
import { correct, FakeBrowser } from "../../../testing/fake-browser";
import { aLabel, aPrediction, someGradings, timestamp } from "../../../testing/fake-cloud";
import type { Review } from "./review";

let browser: FakeBrowser;

beforeEach(() => {
  browser = new FakeBrowser({ prediction: aPrediction({}, someGradings) });
});

function open(): Review {
  const review = browser.open();
  browser.labels.saved([]);
  review.editor.select("L4-L5");
  return review;
}
const lastSaved = () => browser.labels.created.at(-1)!.label;

describe("gradings of a disc", () => {
  it("that are others than the model's are saved as a correction", () => {
    const review = open();
    review.editor.grade("pfirrmann", 3);
    review.editor.grade("narrowing", true);
    expect(review.editor.says.value).toBe("L4-L5: narrowed");
    expect(review.acceptPredictions("a.mha")).toBe(false);
    expect(review.editor.says.value).toMatch(/changed boxes or gradings: save them with S/);
    expect(review.saveCorrections("a.mha")).toBe(true);
    expect(lastSaved()).toMatchObject({
      kind: "correction",
      gradings: { "L4-L5": { pfirrmann: 3, narrowing: true } },
    });
    expect(Object.keys(lastSaved().slices)).toEqual(["4"]); // no slice more than without them
  });

  it("that all confirm the model's are saved as an acceptance", () => {
    const review = open();
    review.editor.grade("pfirrmann", 4);
    review.editor.grade("bulging", false);
    expect(review.editor.isDirty.value).toBe(true);
    expect(review.saveCorrections("a.mha")).toBe(false);
    expect(review.acceptPredictions("a.mha")).toBe(true);
    expect(lastSaved()).toMatchObject({
      kind: "acceptance",
      gradings: { "L4-L5": { pfirrmann: 4, bulging: false } },
    });
  });

  it("come with boxes of the disc, on a slice that shows it", () => {
    const review = open();
    browser.openScan.goTo(5);
    review.editor.select("L5-S1");
    review.editor.grade("pfirrmann", 4);
    expect(review.acceptPredictions("a.mha")).toBe(true);
    const { slices, gradings } = lastSaved();
    expect(gradings).toEqual({ "L5-S1": { pfirrmann: 4 } });
    expect(slices["6"]).toMatchObject([{ level: "L5-S1", judged: "unseen" }]);
  });

  it("are a correction where the model gives none", () => {
    browser = new FakeBrowser();
    const review = open();
    review.editor.grade("modic", false);
    expect(review.saveCorrections("a.mha")).toBe(true);
    expect(lastSaved()).toMatchObject({
      kind: "correction",
      gradings: { "L4-L5": { modic: false } },
    });
  });

  it("are not in a label whose reader gave none", () => {
    const review = open();
    correct(review);
    review.saveCorrections("a.mha");
    expect(lastSaved()).not.toHaveProperty("gradings");
  });

  it("are taken back by the same answer once more", () => {
    const review = open();
    review.editor.grade("modic", false);
    review.editor.grade("modic", false);
    expect(review.editor.says.value).toBe("L4-L5: no Modic changes, taken back");
    expect(review.gradings.value).toEqual({});
    expect(review.editor.corrects.value).toBe(false);
  });

  it("are undone and done again from whichever slice, the latest step first", () => {
    const review = open();
    review.editor.grade("pfirrmann", 2);
    correct(review);
    review.editor.grade("pfirrmann", 5);
    browser.openScan.goTo(6);
    const grade = () => review.gradings.value["L4-L5"]?.pfirrmann;
    expect(grade()).toBe(5);
    review.undo();
    expect(review.editor.says.value).toBe("Undone: L4-L5: Pfirrmann grade 5");
    expect(grade()).toBe(2);
    review.undo(); // herniated or not
    review.undo();
    expect(grade()).toBeUndefined();
    expect(review.editor.isDirty.value).toBe(false);
    review.editor.redo();
    expect(grade()).toBe(2);
  });

  it("follow the disc when it gets another name, and back", () => {
    const review = open();
    review.editor.grade("narrowing", false);
    review.editor.setLevel("L4-L5", "L3-L4");
    expect(review.gradings.value).toEqual({ "L3-L4": { narrowing: false } });
    review.saveCorrections("a.mha");
    expect(lastSaved().gradings).toEqual({ "L3-L4": { narrowing: false } });
  });

  it("go with the disc when its boxes are removed, and come back with them", () => {
    browser = new FakeBrowser({
      prediction: aPrediction({ discs: aPrediction().discs.slice(1) }),
    });
    const review = browser.open();
    browser.labels.saved([]);
    review.editor.drawn({ x: 5, y: 5, width: 20, height: 10 });
    review.editor.grade("bulging", true);
    expect(Object.values(review.gradings.value)).toEqual([{ bulging: true }]);
    review.editor.remove();
    expect(review.gradings.value).toEqual({});
    review.undo();
    expect(Object.values(review.gradings.value)).toEqual([{ bulging: true }]);
  });

  it("are of one disc on all slices on which the reader has drawn it", () => {
    const review = open();
    browser.openScan.goTo(7);
    review.editor.drawn({ x: 5, y: 5, width: 20, height: 10 });
    const drawn = review.editor.selected.value!;
    review.editor.setLevel(drawn.id, "L4-L5");
    review.editor.grade("bulging", true);
    expect(review.gradings.value).toEqual({ "L4-L5": { bulging: true } });
    browser.openScan.goTo(4);
    review.editor.select("L4-L5");
    review.editor.grade("bulging", true); // once more: taken back
    expect(review.gradings.value).toEqual({});
  });

  it("are not another disc's that has given its name away on the slice", () => {
    const review = open();
    review.editor.setLevel("L4-L5", "L3-L4");
    review.editor.grade("modic", true);
    review.editor.drawn({ x: 5, y: 60, width: 20, height: 10 });
    review.editor.setLevel(review.editor.selected.value!.id, "L4-L5");
    review.editor.grade("modic", false);
    expect(review.gradings.value).toEqual({ "L3-L4": { modic: true }, "L4-L5": { modic: false } });
  });

  it("are there after a reload, with what was undone", () => {
    const review = open();
    review.editor.grade("pfirrmann", 2);
    review.editor.grade("modic", false);
    review.undo();
    const again = browser.open();
    expect(again.draft.value.kind).toBe("restored");
    expect(again.gradings.value).toEqual({ "L4-L5": { pfirrmann: 2 } });
    again.editor.redo();
    expect(again.gradings.value).toEqual({ "L4-L5": { pfirrmann: 2, modic: false } });
    again.discardDraft();
    expect(again.gradings.value).toEqual({});
    again.undo();
    expect(again.gradings.value["L4-L5"]?.modic).toBe(false);
  });

  it("go on from those that the reader saved, and are said once", () => {
    const review = open();
    const saved = { "L4-L5": { pfirrmann: 2 }, "L5-S1": { modic: true } };
    const slices = review.editor.work.value.slices;
    review.editor.grade("pfirrmann", 2);
    review.undo();
    browser.labels.saved([aLabel("l1", { slices: { "4": [...slices["4"]!] }, gradings: saved })]);
    expect(review.gradings.value).toEqual(saved);
    review.editor.grade("bulging", true);
    expect(review.saveCorrections("a.mha")).toBe(true);
    expect(lastSaved().gradings).toEqual({
      "L4-L5": { pfirrmann: 2, bulging: true },
      "L5-S1": { modic: true },
    });
  });

  it("that were saved in another tab stay, below those of this one", () => {
    const review = open();
    review.editor.grade("pfirrmann", 5);
    const box = { x: 10, y: 20, width: 30, height: 10, level: "L4-L5", herniation: true } as const;
    browser.labels.saved([
      aLabel("l1", {
        slices: { "4": [{ ...box, judged: "confirmed" }] },
        gradings: { "L4-L5": { pfirrmann: 1, modic: false } },
        createdAt: timestamp(5),
      }),
    ]);
    expect(review.gradings.value).toEqual({ "L4-L5": { pfirrmann: 5, modic: false } });
    review.undo();
    expect(review.gradings.value).toEqual({ "L4-L5": { pfirrmann: 1, modic: false } });
  });

  it("say so where another tab has removed the disc", () => {
    const review = open();
    review.editor.grade("pfirrmann", 5);
    const slices = { "3": [], "4": [] };
    browser.labels.saved([aLabel("l1", { slices, createdAt: timestamp(5) })]);
    expect(review.editor.says.value).toMatch(/on top, except .*L4-L5: Pfirrmann grade 5/);
    expect(review.gradings.value).toEqual({});
  });
});
