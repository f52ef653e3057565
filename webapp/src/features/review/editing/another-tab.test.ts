import { beforeEach, describe, expect, it } from "vitest";
import { aLabel, timestamp } from "../../../testing/fake-cloud";
import { correct, FakeDesk } from "../../../testing/fake-desk";
import type { Reading } from "./reading";

const box = { x: 1, y: 2, width: 20, height: 10 };
let desk: FakeDesk;

beforeEach(() => {
  desk = new FakeDesk();
});

describe("a correction of one's own that was saved in another tab", () => {
  const elsewhere = (slices: Parameters<typeof aLabel>[1]) =>
    desk.labels.saved([aLabel("l1", { ...slices, createdAt: timestamp(5) })]);
  const saved = { ...box, level: "L4-L5" as const, herniation: false };
  const nudge = (reading: Reading, slice: number, level: string, dx: number): void => {
    desk.openScan.goTo(slice);
    reading.editor.select(level);
    reading.editor.nudge(dx, 0);
  };
  const savedSlices = (reading: Reading) => {
    expect(reading.saveCorrections("a.mha")).toBe(true);
    return desk.labels.created[0]!.label.slices;
  };

  it("is not taken back by a draft of this one", () => {
    const reading = desk.open();
    desk.labels.saved([]);
    nudge(reading, 3, "L4-L5", 2);
    elsewhere({ slices: { "4": [saved] } });
    expect(reading.editor.says.value).toMatch(/Your changes here stay on top/);
    expect(savedSlices(reading)).toEqual({
      "3": [{ x: 12, y: 20, width: 30, height: 10, level: "L4-L5", herniation: false }],
      "4": [saved],
    });
  });

  it("is not taken back by a draft that was restored or begun before the labels were there", () => {
    nudge(desk.open(), 3, "L4-L5", 2);
    const reading = desk.open();
    elsewhere({ slices: { "4": [saved] } });
    expect(savedSlices(reading)["4"]).toEqual([saved]);
  });

  it("leaves a restored draft that was begun on it as it was, with what was undone", () => {
    const first = desk.open();
    elsewhere({ slices: { "4": [saved] } });
    nudge(first, 3, "L4-L5", 2);
    nudge(first, 4, "L4-L5", 1);
    first.editor.undo();
    const reading = desk.open();
    elsewhere({ slices: { "4": [saved] } });
    expect(reading.draft.value.kind).toBe("restored");
    expect(reading.editor.says.value).toBeNull();
    expect(reading.editor.canRedo.value).toBe(true);
  });

  it("is what an undo of this tab's changes comes back to", () => {
    const reading = desk.open();
    const there = { ...saved, x: 3, y: 2, width: 20 };
    nudge(reading, 4, "L4-L5", 2);
    elsewhere({ slices: { "4": [there] } });
    expect(reading.editor.boxes.value[0]).toMatchObject({ x: 3, width: 20, herniation: false });
    reading.editor.undo();
    expect(reading.editor.boxes.value).toMatchObject([there]);
  });

  it("keeps the order in which discs were judged on several slices", () => {
    const reading = desk.open();
    desk.openScan.goTo(4);
    correct(reading);
    desk.openScan.goTo(3);
    correct(reading);
    expect(reading.editor.boxes.value[0]?.herniation).toBe(true);
    elsewhere({ slices: { "6": [] } });
    expect(reading.editor.boxes.value[0]?.herniation).toBe(true);
  });

  it("counts before an acceptance of another tab that came later", () => {
    const reading = desk.open();
    const accepted = aLabel("l2", { kind: "acceptance", createdAt: timestamp(9) });
    desk.labels.saved([aLabel("l1", { slices: { "4": [saved] } }), accepted]);
    expect(reading.editor.boxes.value).toMatchObject([saved]);
    nudge(reading, 3, "L4-L5", 2);
    expect(savedSlices(reading)["4"]).toEqual([saved]);
  });

  it("says which of this tab's changes have lost their boxes", () => {
    const reading = desk.open();
    nudge(reading, 3, "L4-L5", 2);
    nudge(reading, 4, "L4-L5", 2);
    elsewhere({ slices: { "4": [] } });
    expect(reading.editor.says.value).toMatch(/on top, except .*slice 5: L4-L5 moved/);
    expect(reading.editor.edited.value).toEqual(["3"]);
  });

  it("keeps this tab's changes from a box that is another disc's by now", () => {
    const reading = desk.open();
    nudge(reading, 4, "L4-L5", 2);
    elsewhere({ slices: { "4": [{ ...saved, y: saved.y + 40 }] } }); // L4-L5 is the one below
    expect(reading.editor.says.value).toMatch(/on top, except .*slice 5: L4-L5 moved/);
    expect(reading.editor.boxes.value).toMatchObject([{ x: saved.x, y: saved.y + 40 }]);
  });

  it("is not taken back by a draft that was discarded before and comes back", () => {
    const reading = desk.open();
    desk.labels.saved([]);
    nudge(reading, 3, "L4-L5", 2);
    reading.discardDraft();
    elsewhere({ slices: { "4": [saved] } });
    reading.undo();
    expect(reading.editor.says.value).toMatch(/Your changes here stay on top/);
    expect(savedSlices(reading)["4"]).toEqual([saved]);
  });

  it("keeps a draft begun on it that is discarded and comes back before the labels are there", () => {
    const first = desk.open();
    elsewhere({ slices: { "4": [saved] } });
    nudge(first, 4, "L4-L5", 2);
    const reading = desk.open();
    reading.discardDraft();
    reading.undo();
    elsewhere({ slices: { "4": [saved] } });
    expect(reading.editor.boxes.value).toMatchObject([{ x: saved.x + 2 }]);
    expect(reading.editor.says.value).not.toMatch(/did not arrive/);
  });

  it("does not throw away the draft of another tab", () => {
    const [one, other] = [desk.open(), desk.open()];
    correct(one);
    desk.clock += 1;
    nudge(other, 3, "L4-L5", 2);
    one.saveCorrections("a.mha");
    expect(desk.open().draft.value.kind).toBe("restored");
  });
});
