import { describe, expect, it } from "vitest";
import { aStorage } from "../../testing/fake-storage";
import { Drafts, forgetOldDrafts } from "./drafts";
import { NO_HISTORY } from "./history";

const DAY_MS = 86_400_000;
const work = { slices: {}, history: NO_HISTORY, basedOn: null };

describe("old drafts", () => {
  it("are forgotten, whoever's they are; newer ones and all else stay", () => {
    const storage = aStorage();
    let today = 0;
    new Drafts(storage, "gone", () => today).save("a", "v1", work);
    new Drafts(storage, "me", () => today).save("b", "v1", work);
    today = 50 * DAY_MS;
    const mine = new Drafts(storage, "me", () => today);
    mine.save("c", "v1", work);
    storage.setItem("outbox l1", "{}");
    forgetOldDrafts(storage, 60 * DAY_MS);
    expect(mine.load("b", "v1")).toBeNull();
    expect(mine.load("c", "v1")).not.toBeNull();
    expect(storage.length).toBe(2);
  });
});
