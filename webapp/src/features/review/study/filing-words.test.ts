import { describe, expect, it } from "vitest";
import type { Filed, FilingOrder, SeriesFiling } from "../../../records";
import { aStudy, timestamp } from "../../../testing/fake-cloud";
import { problemInWords, seriesInArchive } from "./filing-words";

const MINUTE = 60_000;
const NOW = 10 * MINUTE;
const study = aStudy("k", { t1: "T1", t2: "T2" });

const anOrder = (changes: Partial<FilingOrder>): FilingOrder => ({
  filing: "drafts",
  askedAt: timestamp(0),
  dueAt: null,
  sentAt: null,
  attempt: 0,
  begun: 0,
  lease: null,
  problem: null,
  series: {},
  sending: [],
  filed: [],
  updatedAt: timestamp(0),
  ...changes,
});
const filed = (kind: Filed["kind"], minute: number, label: string | null = null): Filed => ({
  kind,
  uid: "",
  at: timestamp(minute * MINUTE),
  of: "t2",
  modelVersion: "m1",
  label,
});
const words = (outcome: SeriesFiling, before: Filed[] = []) =>
  seriesInArchive(anOrder({ series: { t2: outcome }, filed: before }), study, NOW)[0]?.words;
const reason = { code: "archive-refused", message: "The archive does not take the PDF." };

describe("what lies in the archive of a series", () => {
  it("says when it was filed, and whether a reviewer has answered", () => {
    const draft = [filed("SEG", 5), filed("SR", 5), filed("PDF", 5)];
    const state = { state: "filed", reason: null } as const;
    expect(words(state, draft)).toBe("filed 5 min ago, as a draft");
    const reviewed = [...draft, filed("SR", 8, "label"), filed("PDF", 8, "label")];
    expect(words(state, reviewed)).toBe("filed 2 min ago, with a reviewer's answers");
  });

  it("says that saving files it where a reviewer is waited for", () => {
    expect(words({ state: "unreviewed", reason: null })).toBe(
      "waits for a reviewer: saving an answer files it",
    );
  });

  it("says why there is nothing, and what was refused with its code", () => {
    const nothing = { code: "no-dicom-results", message: "The scan is no DICOM." };
    expect(words({ state: "nothing", reason: nothing })).toBe(
      "The scan is no DICOM. (no-dicom-results)",
    );
    expect(words({ state: "refused", reason }, [filed("SEG", 9), filed("SR", 9)])).toBe(
      "filed 1 min ago, as a draft; refused: The archive does not take the PDF. (archive-refused)",
    );
  });

  it("leaves out a series that nobody has looked at", () => {
    expect(seriesInArchive(anOrder({}), study, NOW)).toEqual([]);
  });
});

describe("what a study waits for", () => {
  const away = { code: "unavailable", message: "The archive does not answer." };

  it("says so, and when it is tried again", () => {
    const waits = anOrder({ problem: away, dueAt: timestamp(NOW + MINUTE) });
    expect(problemInWords(waits, NOW)?.words).toMatch(
      /^Waits for the archive, tried again at .+: The archive does not answer[.]$/,
    );
    const due = anOrder({ problem: away, dueAt: timestamp(NOW - 1) });
    expect(problemInWords(due, NOW)?.words).toContain("being tried again");
  });

  it("says what was given up, and nothing where all is well", () => {
    expect(problemInWords(anOrder({ problem: away }), NOW)?.isFinal).toBe(true);
    expect(problemInWords(anOrder({}), NOW)).toBeNull();
  });
});
