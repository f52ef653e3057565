import { type Signal, signal } from "@preact/signals";
import { beforeEach, describe, expect, it } from "vitest";
import { aPrediction } from "../../../testing/fake-cloud";
import { boxesOf, SHORTEST_SIDE } from "./boxes";
import { Editor } from "./editor";
import { NO_HISTORY } from "./history";

let slice: Signal<number>;
let editor: Editor;

beforeEach(() => {
  slice = signal(4);
  editor = new Editor({ width: 100, height: 100 }, slice);
  editor.begin({ slices: boxesOf(aPrediction()), gradings: {}, history: NO_HISTORY });
});

const l45 = () => editor.boxes.value.find((box) => box.id === "L4-L5")!;

describe("the editor", () => {
  it("begins with the model's boxes, herniated from the model's own threshold on", () => {
    expect(l45()).toMatchObject({ level: "L4-L5", herniation: true, x: 10, y: 20 });
    const strict = boxesOf(aPrediction({ herniationThreshold: 0.9 }));
    expect(strict["4"]?.[0]?.herniation).toBe(false);
    expect(editor.isDirty.value).toBe(false);
  });

  it("keeps a moved box whole inside the picture and cuts a stretched one at the edge", () => {
    editor.reshape("L4-L5", { x: 95, y: -5, width: 30, height: 10 });
    expect(l45()).toMatchObject({ x: 70, y: 0, width: 30, height: 10 });
    editor.reshape("L4-L5", { x: 90, y: 0, width: 40, height: 20 });
    expect(l45()).toMatchObject({ x: 90, width: 10, height: 20 });
  });

  it("refuses tiny boxes with a sentence and changes nothing", () => {
    editor.reshape("L4-L5", { x: 10, y: 20, width: 30, height: SHORTEST_SIDE - 1 });
    editor.drawn({ x: 1, y: 1, width: 2, height: 50 });
    expect(editor.says.value).toMatch(/at least 4 pixels/);
    expect(editor.isDirty.value).toBe(false);
  });

  it("judges a disc on every slice that shows it, in one step", () => {
    editor.select("L4-L5");
    editor.toggleHerniation();
    slice.value = 3;
    expect(l45().herniation).toBe(false);
    expect(editor.edited.value).toEqual(["4"]);
    slice.value = 4;
    editor.undo();
    slice.value = 3;
    expect(l45().herniation).toBe(true);
  });

  it("undoes and redoes slice by slice", () => {
    editor.reshape("L4-L5", { ...l45(), x: 20 });
    slice.value = 3;
    editor.reshape("L4-L5", { ...l45(), x: 30 });
    slice.value = 4;
    editor.undo();
    expect(l45().x).toBe(10);
    slice.value = 3;
    expect(l45().x).toBe(30);
    editor.undo();
    editor.redo();
    expect(l45().x).toBe(30);
    expect(editor.canRedo.value).toBe(false);
    editor.redo();
    expect(editor.says.value).toBe("Nothing to redo on this slice.");
  });

  it("forgets what was undone once something else is done", () => {
    editor.reshape("L4-L5", { ...l45(), x: 20 });
    editor.undo();
    editor.reshape("L4-L5", { ...l45(), y: 30 });
    expect(editor.canRedo.value).toBe(false);
  });

  it("takes a series of nudges back at once", () => {
    editor.select("L4-L5");
    for (let i = 0; i < 5; i++) editor.nudge(1, 0);
    editor.nudge(0, 2);
    editor.undo();
    expect(l45()).toMatchObject({ x: 10, y: 20 });
    editor.redo();
    expect(l45()).toMatchObject({ x: 15, y: 22 });
  });

  it("undoes an older judgement without touching what was moved since", () => {
    editor.select("L4-L5");
    editor.toggleHerniation();
    slice.value = 3;
    editor.reshape("L4-L5", { ...l45(), x: 50 });
    slice.value = 4;
    editor.undo();
    slice.value = 3;
    expect(l45()).toMatchObject({ x: 50, herniation: true });
  });

  it("takes a disc's finding back from any slice, whatever was done to boxes of others", () => {
    editor.select("L4-L5");
    editor.toggleHerniation();
    editor.reshape("L4-L5", { ...l45(), x: 50 });
    slice.value = 6; // where another disc's boxes are
    expect(editor.canUndo.value).toBe(true);
    editor.undo();
    expect(editor.says.value).toBe("Undone: L4-L5: not herniated");
    expect(editor.canUndo.value).toBe(false);
    slice.value = 4;
    expect(l45()).toMatchObject({ x: 50, herniation: true });
    slice.value = 6;
    editor.redo();
    slice.value = 4;
    expect(l45()).toMatchObject({ x: 50, herniation: false });
    editor.undo();
    editor.undo();
    expect(l45()).toMatchObject({ x: 10, herniation: true });
    expect(editor.isDirty.value).toBe(false);
  });

  it("takes the latest step back first, be it this slice's or a disc's", () => {
    editor.select("L4-L5");
    editor.toggleHerniation();
    slice.value = 3;
    editor.reshape("L4-L5", { ...l45(), x: 30 });
    editor.undo();
    expect(l45()).toMatchObject({ x: 10, herniation: false });
    editor.undo();
    expect(l45()).toMatchObject({ x: 10, herniation: true });
  });

  it("redoes no finding of a disc that was judged anew on another slice", () => {
    editor.setHerniation("L4-L5", false);
    editor.undo();
    slice.value = 3;
    editor.setHerniation("L4-L5", false);
    editor.undo();
    editor.redo();
    expect(editor.canRedo.value).toBe(false);
  });

  it("leaves one finding a disc when a finding is taken back before a box comes back", () => {
    editor.setHerniation("L4-L5", false);
    editor.select("L4-L5");
    editor.remove();
    slice.value = 3;
    editor.undo(); // the finding
    slice.value = 4;
    editor.undo(); // the removal
    expect(l45().herniation).toBe(true);
    slice.value = 3;
    expect(l45().herniation).toBe(true);
  });

  it("judges no box that has another disc's name by then", () => {
    editor.setHerniation("L4-L5", false);
    editor.setLevel("L4-L5", "L3-L4");
    slice.value = 3;
    editor.undo();
    expect(l45().herniation).toBe(true);
    slice.value = 4;
    expect(l45()).toMatchObject({ level: "L3-L4", herniation: false });
  });

  it("brings a removed box back as it was", () => {
    editor.select("L4-L5");
    const before = l45();
    editor.remove();
    expect(editor.boxes.value).toEqual([]);
    editor.undo();
    expect(l45()).toEqual(before);
  });

  it("names a drawn box after the place between its neighbours", () => {
    editor.drawn({ x: 10, y: 60, width: 30, height: 10 });
    expect(editor.selected.value?.level).toBe("L5-S1");
    editor.drawn({ x: 10, y: 2, width: 30, height: 10 });
    expect(editor.selected.value?.level).toBe("L3-L4");
  });

  it("selects by a level's key, and names the selected box where the slice lacks the level", () => {
    expect(editor.pressLevel("L5-S1")).toBe(false);
    expect(editor.pressLevel("L4-L5")).toBe(true);
    expect(editor.selectedId.value).toBe("L4-L5");
    editor.pressLevel("L5-S1");
    expect(editor.selected.value?.level).toBe("L5-S1");
    editor.undo();
    expect(l45().level).toBe("L4-L5");
  });

  it("says what to do where nothing is selected", () => {
    editor.nudge(1, 0);
    expect(editor.says.value).toMatch(/Select a box first/);
  });
});
