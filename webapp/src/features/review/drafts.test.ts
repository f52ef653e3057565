import { describe, expect, it } from "vitest";
import { aStorage } from "../../testing/fake-storage";
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
