import { describe, expect, it } from "vitest";
import type { RetrainingControl } from "../../records";
import { aReread, aRun } from "../../testing/fake-models";
import {
  changeInWords,
  countdownInWords,
  difference,
  duration,
  guardInWords,
  inOrder,
  lowEnd,
  measured,
  outcomeInWords,
  pValue,
  patientsInWords,
  rereadsInWords,
} from "./words";

const interval = (value: number, low: number, high: number) => ({
  value,
  low,
  high,
  count: 145,
  patients: 29,
});

describe("numbers of models", () => {
  it("never stand without their interval", () => {
    expect(measured(interval(0.8312, 0.76, 0.888))).toBe("0.83 (0.76 to 0.89)");
    expect(difference(interval(0.041, -0.012, 0.094))).toBe("+0.04 (−0.01 to +0.09)");
    expect(difference(interval(-0.001, -0.3, 0))).toBe("0.00 (−0.30 to 0.00)");
  });

  it("are rounded no further than they mean something", () => {
    expect([pValue(0.0004), pValue(0.021), pValue(0.4)]).toEqual([
      "p < 0.001",
      "p = 0.021",
      "p = 0.40",
    ]);
    expect([duration(900), duration(9 * 60_000), duration(125 * 60_000)]).toEqual([
      "1 s",
      "9 min",
      "2 h 5 min",
    ]);
  });

  it("come in the order in which people read them", () => {
    expect(inOrder(["brier", "sensitivity", "auroc", "other"])).toEqual([
      "auroc",
      "sensitivity",
      "brier",
      "other",
    ]);
    expect(inOrder(["L5-S1", "L3-L4"])).toEqual(["L3-L4", "L5-S1"]);
  });

  it("say whether a guard held", () => {
    const guard = {
      name: "L4-L5",
      production: 0.83,
      challenger: 0.78,
      margin: 0.03,
      passed: false,
    };
    expect(guardInWords(guard)).toBe("L4-L5: 0.83 to 0.78, at most 0.03 worse allowed: broken");
  });
});

describe("the countdown", () => {
  const control = (changes: Partial<RetrainingControl>): RetrainingControl => ({
    epoch: 2,
    cutoff: null,
    count: 41,
    countedAt: null,
    threshold: 50,
    state: "collecting",
    message: null,
    failures: 0,
    pausedUntil: null,
    ...changes,
  });

  it("says what the next run waits for", () => {
    expect(countdownInWords(control({}))).toContain("9 more labelled scans until");
    expect(countdownInWords(control({ count: 50 }))).toContain("Enough scans");
    expect(countdownInWords(control({ state: "running" }))).toContain("Run 3 is running");
    expect(countdownInWords(control({ state: "paused" }))).toContain("No label is lost");
    expect(countdownInWords(control({ state: "not-configured" }))).toContain(
      "no training pipeline",
    );
  });
});

describe("what a run came to", () => {
  it("is no promotion until production points at its model", () => {
    const step = { name: "promote", state: "running", startedAt: null, endedAt: null } as const;
    const compared = aRun(1, { state: "running", decision: null, steps: [step] });
    expect(outcomeInWords(compared)).toBe("deciding");
    expect(outcomeInWords({ ...compared, decision: "promoted" })).toBe("promoted");
    expect(outcomeInWords({ ...compared, decision: "kept" })).toBe("kept production");
    expect(outcomeInWords({ ...compared, state: "failed", steps: [] })).toBe("failed");
  });
});

describe("what a later model says otherwise", () => {
  const change = (
    levels: [string | null, string | null],
    probabilities: [number | null, number | null],
    answers: [boolean | null, boolean | null],
  ) =>
    changeInWords({
      levelBefore: levels[0],
      levelAfter: levels[1],
      before: probabilities[0],
      after: probabilities[1],
      herniatedBefore: answers[0],
      herniatedAfter: answers[1],
    });

  it("is told disc by disc", () => {
    expect(change(["L4-L5", "L4-L5"], [0.62, 0.18], [true, false])).toBe(
      "L4-L5 0.62 → 0.18, no longer LDH",
    );
    expect(change(["L4-L5", "L5-S1"], [0.2, 0.4], [false, true])).toBe(
      "L4-L5 now named L5-S1, 0.20 → 0.40, now LDH",
    );
    expect(change([null, "L1-L2"], [null, 0.04], [null, false])).toBe("L1-L2 found, 0.04");
    expect(change(["L5-S1", null], [0.3, null], [true, null])).toBe(
      "L5-S1 no longer found, was 0.30",
    );
  });

  it("is summed up over the scans that were read", () => {
    const changes = [
      {
        levelBefore: "L4-L5",
        levelAfter: "L4-L5",
        before: 0.6,
        after: 0.1,
        herniatedBefore: true,
        herniatedAfter: false,
      },
    ];
    const rereads = [aReread("a", { largestShift: 0.07 }), aReread("b", { state: "waiting" })];
    expect(rereadsInWords(rereads)).toBe(
      "No answer changed; other probabilities moved by at most 0.07.",
    );
    expect(rereadsInWords([...rereads, aReread("c", { changes })])).toContain(
      "1 with a changed answer",
    );
    expect(rereadsInWords([aReread("b", { state: "waiting" })])).toBe("");
  });
});

describe("a scale up to 1", () => {
  it.each([
    [[0.87, 0.64], 0.6],
    [[-0.2, 0.5], 0],
    [[1, 1], 0.9], // perfect models: a scale from 1 to 1 would show nothing
  ])("for %s begins at %s", (values, from) => expect(lowEnd(values)).toBe(from));
});

describe("the patients that a model was measured on", () => {
  const one = { value: 1, low: 1, high: 1, count: 9, patients: 9 };

  it("are called what they are", () => {
    const of = (...makers: string[]) =>
      patientsInWords({
        patients: 10,
        aurocByGroup: Object.fromEntries(makers.map((maker) => [maker, one])),
      });
    expect(of("Philips Healthcare", "SIEMENS")).toBe("10 held-out patients");
    expect(of()).toBe("10 held-out patients");
    expect(of("Phantom")).toBe("10 synthetic patients (they say nothing about people)");
    expect(of("Phantom", "T1", "T2")).toBe(of("Phantom"));
    expect(of("Phantom", "SIEMENS")).toBe("10 held-out patients, some of them synthetic");
  });
});
