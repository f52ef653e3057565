import { beforeEach, describe, expect, it } from "vitest";
import { ServerTime } from "./server-time";

const NOON = Date.UTC(2026, 10, 29, 12);
const MINUTE = 60_000;

let computer: number;
let steady: number;
let time: ServerTime;

beforeEach(() => {
  computer = NOON - 15 * MINUTE; // it is noon
  steady = 500;
  time = new ServerTime(
    () => computer,
    () => steady,
  );
});

const pass = (ms: number): void => {
  computer += ms;
  steady += ms;
};
const says = (at: number, more: Record<string, string> = {}) =>
  time.note(new Headers({ Date: new Date(at).toUTCString(), ...more }));

describe("the server's time", () => {
  it("is the computer's until a server has said it", () => {
    expect([time.now(), time.isKnown.value]).toEqual([computer, false]);
    says(NOON);
    expect([time.now(), time.isKnown.value]).toEqual([NOON, true]);
  });

  it("counts on whatever the computer's clock is set to", () => {
    says(NOON);
    pass(MINUTE);
    computer -= 60 * MINUTE;
    expect(time.now()).toBe(NOON + MINUTE);
    computer += 1_000 * MINUTE;
    expect(time.now()).toBe(NOON + MINUTE);
  });

  it("does not jitter with each answer, and follows one that differs", () => {
    says(NOON);
    pass(10_900);
    says(NOON + 10_000); // whole seconds
    expect(time.now()).toBe(NOON + 10_900);
    says(NOON + 8 * 60 * MINUTE); // the computer slept
    expect(time.now()).toBe(NOON + 8 * 60 * MINUTE);
  });

  it("is older than an answer that lay in a cache", () => {
    says(NOON - 5 * MINUTE, { Age: "300" });
    expect(time.now()).toBe(NOON);
  });

  it("is not taken from an answer without one", () => {
    time.note(new Headers());
    time.note(new Headers({ Date: "yesterday" }));
    expect([time.now(), time.isKnown.value]).toEqual([computer, false]);
  });

  it("is worth asking for once the computer's clock has jumped", () => {
    pass(MINUTE);
    expect(time.hasJumped()).toBe(false);
    computer -= 20 * MINUTE;
    expect(time.hasJumped()).toBe(true);
    pass(MINUTE);
    expect(time.hasJumped()).toBe(false);
  });
});
