import { beforeEach, describe, expect, it } from "vitest";
import { aStorage } from "../../../testing/fake-storage";
import { Drafts, forgetOldDrafts } from "./drafts";
import { NO_HISTORY } from "./history";

const DAY_MS = 86_400_000;
const work = { slices: {}, history: NO_HISTORY, basedOn: null };
const place = (uid: string, scanId: string) => ({ uid, scanId, modelVersion: "v1" });

describe("old drafts", () => {
  it("are forgotten, whoever's they are; newer ones and all else stay", () => {
    const storage = aStorage();
    let today = 0;
    const drafts = new Drafts(storage, () => today);
    drafts.save(place("gone", "a"), work);
    drafts.save(place("me", "b"), work);
    today = 50 * DAY_MS;
    drafts.save(place("me", "c"), work);
    storage.setItem("outbox l1", "{}");
    forgetOldDrafts(storage, 60 * DAY_MS);
    expect(drafts.load(place("me", "b"))).toBeNull();
    expect(drafts.load(place("me", "c"))).not.toBeNull();
    expect(storage.length).toBe(2);
  });
});

describe("a damaged draft", () => {
  it.each([
    ["cut off", '{"version":1,"value":{"slices":{"4":[{"id":'],
    [
      "with half a box",
      JSON.stringify({ ...work, savedAt: 5, slices: { "4": [{ id: "L4-L5" }] } }),
    ],
    ["without a history", JSON.stringify({ slices: {}, basedOn: null, savedAt: 5 })],
  ])("stops nothing and opens no other model's reading: %s", (_, text) => {
    const storage = aStorage();
    storage.setItem("draft me a v0", text);
    forgetOldDrafts(storage, 1_000);
    const drafts = new Drafts(storage, () => 1_000);
    expect(drafts.versionOf("me", "a")).toBeNull();
    expect(drafts.load(place("me", "a"))).toBeNull();
    expect(drafts.save(place("me", "a"), work)).toEqual({ kind: "kept", at: 1_000 });
    expect(storage.getItem("set aside draft me a v0")).toBe(text);
  });

  it("is none that an earlier page wrote", () => {
    const storage = aStorage();
    const box = { x: 1, y: 2, width: 20, height: 10, level: "L4-L5", herniation: true };
    const moved = { slice: "4", id: "L4-L5", before: { x: 2 }, after: { x: 1 } };
    const done = { "4": [{ slice: "4", does: "L4-L5 moved", patches: [moved], number: 1 }] };
    const draft = {
      slices: { "4": [{ ...box, id: "L4-L5" }] },
      history: { done, undone: {} },
      savedAt: 5,
      basedOn: "l1",
    };
    storage.setItem("draft me a v1", JSON.stringify(draft));
    expect(new Drafts(storage).load(place("me", "a"))?.draft).toEqual(draft);
  });
});

describe("a draft that the storage had no room for", () => {
  const a = place("me", "a");
  const b = place("me", "b");
  let storage: Storage;
  let drafts: Drafts;
  let now: number;

  beforeEach(() => {
    storage = aStorage(2);
    storage.setItem("something large", "");
    storage.setItem("something else", "");
    now = 1_000;
    drafts = new Drafts(storage, () => now);
    drafts.save(a, work);
  });

  const afterReload = () => new Drafts(storage).load(a);

  it("is only on this page, and still there when its scan is opened again", () => {
    expect(drafts.isOnlyHere(a)).toBe(true);
    expect(drafts.isOnlyHere(b)).toBe(false);
    expect(drafts.load(a)?.state).toEqual({ kind: "failed" });
    expect(afterReload()).toBeNull();
  });

  it("is kept when a scan is opened and there is room", () => {
    storage.removeItem("something large");
    drafts.load(b);
    expect(drafts.isOnlyHere(a)).toBe(false);
    expect(drafts.wouldLose.value).toBe(false);
    expect(drafts.load(a)?.state).toEqual({ kind: "restored", at: 1_000 });
    expect(afterReload()?.draft.savedAt).toBe(1_000);
  });

  it("is kept when another draft has found room", () => {
    storage.removeItem("something large");
    drafts.save(b, work);
    expect(drafts.isOnlyHere(a)).toBe(true); // there was room for one
    storage.removeItem("something else");
    drafts.save(b, work);
    expect(drafts.isOnlyHere(a)).toBe(false);
    expect(afterReload()).not.toBeNull();
  });

  it("does not take the place of what another tab has kept since", () => {
    storage.removeItem("something large");
    new Drafts(storage, () => 2_000).save(a, work);
    drafts.load(b);
    expect(drafts.isOnlyHere(a)).toBe(true);
    expect(afterReload()?.draft.savedAt).toBe(2_000);
  });

  it("is not kept once it was discarded", () => {
    drafts.discard(a);
    expect(drafts.isOnlyHere(a)).toBe(false);
    storage.removeItem("something large");
    drafts.load(b);
    expect(afterReload()).toBeNull();
  });
});
