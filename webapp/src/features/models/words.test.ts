import { describe, expect, it } from "vitest";
import type { RetrainingControl } from "../../records";
import {
  countdownInWords,
  difference,
  duration,
  guardInWords,
  inOrder,
  measured,
  pValue,
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
    expect(countdownInWords(control({ state: "running" }))).toContain("Run 3 is at work");
    expect(countdownInWords(control({ state: "paused" }))).toContain("No label is lost");
    expect(countdownInWords(control({ state: "not-configured" }))).toContain(
      "no training pipeline",
    );
  });
});
