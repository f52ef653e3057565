import { Timestamp } from "@firebase/firestore";
import { describe, expect, it } from "vitest";
import { aScan } from "../testing/fake-cloud";
import {
  failureInWords,
  fileName,
  isAbandoned,
  leftOutInWords,
  nothingReadInWords,
  originInWords,
  progressFraction,
  progressInWords,
  seriesName,
  sizeInWords,
} from "./scan-words";

describe("words about a scan", () => {
  it("names the file as the person did", () => {
    const object = { bucket: "b", name: "x7f3/case 0142.mha", generation: 1, size: 1 };
    expect(fileName(aScan("a", { object }))).toBe("case 0142.mha");
  });

  it("knows a worker that died by a lease that ended a while ago", () => {
    const lease = { holder: "w", until: Timestamp.fromMillis(1_000_000) };
    const scan = aScan("a", { status: "processing", lease });
    expect(isAbandoned(scan, 1_030_000)).toBe(false);
    expect(isAbandoned(scan, 1_070_000)).toBe(true);
    expect(isAbandoned(aScan("a", { status: "done", lease }), 1_070_000)).toBe(false);
    expect(isAbandoned(aScan("a", { status: "processing", lease: null }), 1_070_000)).toBe(false);
  });

  it("counts slices from one and never past the last", () => {
    expect(progressInWords({ step: "segmenting", done: 10, total: 17 })).toBe(
      "reading slice 11 of 17",
    );
    expect(progressInWords({ step: "segmenting", done: 17, total: 17 })).toBe(
      "reading slice 17 of 17",
    );
  });

  it("never lets the bar go back from step to step", () => {
    const way = [
      { step: "reading", done: 0, total: 0 },
      { step: "segmenting", done: 0, total: 17 },
      { step: "segmenting", done: 17, total: 17 },
      { step: "classifying", done: 0, total: 5 },
      { step: "storing", done: 0, total: 0 },
    ] as const;
    const fractions = way.map(progressFraction);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
  });

  it("tells how often a dead scan was tried", () => {
    const error = { code: "x", message: "The store was full." };
    expect(failureInWords(aScan("a", { status: "dead", attempt: 20, error }))).toBe(
      "Tried 20 times. The store was full.",
    );
  });

  it("names a series by its sequence, if that is known", () => {
    const facts = { number: 2, sequence: null, plane: null, slices: 9, digest: "0" };
    expect(seriesName({ ...facts, sequence: "T2" })).toBe("2 T2");
    expect(seriesName(facts)).toBe("2 series");
    expect(seriesName({ ...facts, number: 0, sequence: "T2" })).toBe("T2");
  });

  it("says what was left out, how often and why", () => {
    const left = { what: "axial T2, 9 slices", reason: "not sagittal", count: 1 };
    expect(leftOutInWords(left)).toBe("axial T2, 9 slices: not sagittal");
    expect(leftOutInWords({ ...left, count: 2 })).toBe("2 times axial T2, 9 slices: not sagittal");
  });

  it("says whence an upload is, and of loose slices no size of their list", () => {
    expect(originInWords(aScan("a", { uploadedBy: "r@x.org" }))).toBe("1.0 kB from r@x.org");
    expect(originInWords(aScan("a"))).toBe("1.0 kB from gsutil");
    const name = `study/.series/${"a".repeat(26)}/0002.json`;
    const list = { object: { ...aScan("a").object, name }, sliceCount: 17 };
    expect(originInWords(aScan("a", list))).toBe("17 loose slices");
    expect(originInWords(aScan("a", { ...list, sliceCount: null }))).toBe("loose slices");
    expect(sizeInWords(aScan("a", list))).toBe("17 slices");
    expect(sizeInWords(aScan("a", { sliceCount: 17 }))).toBe("1.0 kB, 17 slices");
  });

  it("says of an archive without a readable series what it held", () => {
    const axial = { what: "axial T2, 9 slices", reason: "not sagittal", count: 1 };
    expect(nothingReadInWords([axial])).toBe("axial T2, 9 slices: not sagittal");
    expect(nothingReadInWords([axial, axial])).toBe(
      "axial T2, 9 slices: not sagittal (and 1 other thing)",
    );
    expect(nothingReadInWords([])).toBe("it holds no series.");
  });
});
