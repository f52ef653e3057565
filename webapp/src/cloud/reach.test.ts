import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Reach } from "./reach";

let reach: Reach;
let clock: number;

beforeEach(() => {
  vi.useFakeTimers();
  clock = 1_000;
  reach = new Reach(() => clock);
});
afterEach(() => vi.useRealTimers());

const after = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("a part of the cloud", () => {
  it("isn't answering after five seconds without a word, and is again with the first one", async () => {
    const answered = reach.ask("database");
    await after(4_999);
    expect(reach.silent.value).toEqual([]);
    await after(1);
    expect(reach.silent.value).toEqual(["database"]);
    clock = 9_000;
    answered();
    expect(reach.silent.value).toEqual([]);
    expect(reach.heardAt.value).toBe(9_000);
  });

  it("is not silent for one slow answer among others", async () => {
    const slow = reach.ask("api");
    for (let second = 0; second < 20; second++) {
      await after(1_000);
      reach.ask("api")();
    }
    expect(reach.silent.value).toEqual([]);
    await after(5_000);
    expect(reach.silent.value).toEqual(["api"]);
    slow();
    expect(reach.silent.value).toEqual([]);
  });

  it("is not silent because nobody asks, or because a question was given up", async () => {
    reach.ask("database")(false);
    reach.ask("sign-in")();
    await after(60_000);
    expect(reach.silent.value).toEqual([]);
  });

  it("stays silent while questions are given up, for that is no answer", async () => {
    const left = reach.ask("database");
    await after(5_000);
    left(false);
    expect(reach.silent.value).toEqual(["database"]);
    reach.heard("database");
    expect(reach.silent.value).toEqual([]);
  });

  it("is told beside the others, in one order", async () => {
    reach.ask("api");
    reach.ask("sign-in");
    await after(5_000);
    expect(reach.silent.value).toEqual(["sign-in", "api"]);
  });
});

describe("an answer", () => {
  it.each([
    ["a refusal", { code: "permission-denied" }, []],
    ["a wrong password", { code: "auth/invalid-credential" }, []],
    ["a lost line", new TypeError("Failed to fetch"), ["database"]],
    ["a library that gave up", { code: "unavailable" }, ["database"]],
    ["a sign-in without a network", { code: "auth/network-request-failed" }, ["database"]],
  ])("is what a part says, be it no: %s", async (_, error, silent) => {
    reach.ask("database");
    await after(5_000);
    await expect(reach.answer("database", Promise.reject(error))).rejects.toBe(error);
    expect(reach.silent.value).toEqual(silent);
  });
});

describe("trying again", () => {
  it("connects anew, and says once more after five seconds that nothing came", async () => {
    reach.reconnect = vi.fn(async () => {});
    reach.ask("database");
    await after(5_000);
    reach.tryAgain();
    expect(reach.reconnect).toHaveBeenCalledExactlyOnceWith(["database"]);
    expect([reach.silent.value, reach.tries.value]).toEqual([[], 1]);
    await after(5_000);
    expect(reach.silent.value).toEqual(["database"]);
  });
});
