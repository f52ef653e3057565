import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Scan } from "../../cloud/documents";
import type { SeriesFacts } from "../../records";
import { CloudError } from "../../cloud/errors";
import { aFakeApi, aScan, FakeScans, FakeStudies } from "../../testing/fake-cloud";
import { FakeRows } from "../../testing/fake-rows";
import { PAGE_SIZE } from "./live-pages";
import { Worklist } from "./worklist";

const ME = "rad@hospital.org";

let rows: FakeRows;
let scans: FakeScans;
let studies: FakeStudies;
let worklist: Worklist;

beforeEach(async () => {
  vi.useFakeTimers();
  rows = new FakeRows();
  scans = new FakeScans();
  studies = new FakeStudies();
  worklist = new Worklist(rows, scans, aFakeApi(), studies);
  worklist.start(ME);
});
afterEach(() => {
  worklist.end();
  vi.useRealTimers();
});

/** A scan that was uploaded at this minute; the newest is first in the list. */
function at(minute: number, id: string, changes: Partial<Scan> = {}): Scan {
  const createdAt = { toDate: () => new Date(minute * 60_000) } as Scan["createdAt"];
  return aScan(id, { createdAt, ...changes });
}
const done = { status: "done" } as const;
const labelled = { lastLabelAt: at(0, "x").createdAt };
const ids = (): string[] => worklist.visible.value.map((scan) => scan.id);
const settle = () => vi.advanceTimersByTimeAsync(300);

describe("the worklist", () => {
  it("shows rows as they come and change", async () => {
    worklist.again();
    expect(worklist.state.value.kind).toBe("loading");
    rows.put(at(1, "a"));
    rows.put(at(2, "b"), at(1, "a", done));
    expect(worklist.state.value.kind).toBe("ready");
    expect(worklist.visible.value.map(({ id, status }) => [id, status])).toEqual([
      ["b", "queued"],
      ["a", "done"],
    ]);
  });

  it("filters by what is to do, and by whose it is", async () => {
    rows.put(
      at(1, "read", done),
      at(2, "labelled", { ...done, ...labelled, labelledBy: [ME] }),
      at(3, "failed", { status: "failed" }),
      at(4, "dead", { status: "dead" }),
      at(5, "mine", { uploadedBy: ME }),
    );
    const shown: Record<string, string[]> = {};
    for (const show of ["review", "failed", "dead", "mine"] as const) {
      worklist.show({ show });
      await settle();
      shown[show] = ids();
    }
    expect(shown).toEqual({
      review: ["read"],
      failed: ["failed"],
      dead: ["dead"],
      mine: ["mine", "labelled"],
    });
  });

  it("sorts by doubt and by probability", async () => {
    rows.put(
      at(1, "sure", { ...done, uncertainty: 0.1, highestHerniation: 0.9 }),
      at(2, "doubtful", { ...done, uncertainty: 0.9, highestHerniation: 0.4 }),
    );
    worklist.show({ order: "uncertain" });
    await settle();
    expect(ids()).toEqual(["doubtful", "sure"]);
    worklist.show({ order: "herniation" });
    await settle();
    expect(ids()).toEqual(["sure", "doubtful"]);
  });

  it("narrows what is there at each letter, and asks the database when the typing pauses", async () => {
    rows.put(at(1, "spine-17", { searchTerms: ["spi", "spin"] }), at(2, "c"));
    worklist.show({ search: " SPI" });
    expect(ids()).toEqual(["spine-17"]);
    worklist.show({ search: "spin" });
    expect(rows.watches[0]?.rows.term).toBe(null);
    await settle();
    expect(rows.watches.map((watch) => watch.rows.term)).toEqual(["spin"]);
    expect(ids()).toEqual(["spine-17"]);
  });

  it("loads page after page and misses no row between two", async () => {
    const count = PAGE_SIZE * 2 + 10;
    rows.put(...Array.from({ length: count }, (_, i) => at(i, String(i))));
    await settle();
    expect(ids()).toHaveLength(PAGE_SIZE);
    worklist.showMore();
    await settle();
    worklist.showMore();
    await settle();
    expect(worklist.hasMore.value).toBe(false);
    rows.put(at(count, "new"));
    expect(ids()).toEqual([
      "new",
      ...Array.from({ length: count }, (_, i) => String(count - 1 - i)),
    ]);
  });

  it("keeps rows in place while held, counts those that wait, and shows them when let go", async () => {
    rows.put(at(1, "a"), at(2, "b"));
    worklist.hold("pointer", true);
    worklist.hold("focus", true);
    rows.put(at(3, "c"), at(1, "a", done));
    expect(ids()).toEqual(["b", "a"]);
    expect(worklist.visible.value[1]?.status).toBe("done");
    expect(worklist.waiting.value).toBe(1);
    worklist.hold("pointer", false);
    expect(ids()).toEqual(["b", "a"]);
    worklist.hold("focus", false);
    expect(ids()).toEqual(["c", "b", "a"]);
    expect(worklist.waiting.value).toBe(0);
  });

  it("keeps a held row that left the filter, live", async () => {
    rows.put(at(1, "a", done), at(2, "b", done));
    worklist.show({ show: "review" });
    await settle();
    worklist.hold("away", true);
    rows.put(at(2, "b", { ...done, ...labelled }));
    scans.scan(at(2, "b", { ...done, ...labelled, labelCount: 1 }));
    expect(ids()).toEqual(["b", "a"]);
    expect(worklist.visible.value[0]?.labelCount).toBe(1);
    expect(worklist.neighbour("b", 1)?.id).toBe("a");
    worklist.hold("away", false);
    expect(ids()).toEqual(["a"]);
    expect(scans.watchers).toBe(0);
  });

  it("shows other rows at once when somebody asks for them, held or not", async () => {
    rows.put(at(1, "a"), at(2, "b", { status: "failed" }));
    worklist.hold("focus", true);
    worklist.show({ show: "failed" });
    expect(worklist.changing.value).toBe(true);
    await settle();
    expect(ids()).toEqual(["b"]);
  });

  it("counts what is to do, though not at every change", async () => {
    rows.put(at(1, "a", done), at(2, "b", { status: "dead" }));
    await settle();
    expect(worklist.counts.value).toEqual({ review: 1, failed: 0, dead: 1 });
    const before = rows.counted;
    for (let i = 0; i < 10; i++) rows.put(at(1, "a", { ...done, attempt: i }));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(rows.counted).toBeLessThanOrEqual(before + 6);
  });

  it("shows nobody a count that was under way when somebody signed out", async () => {
    rows.put(at(1, "a", done));
    vi.advanceTimersByTime(0); // the database is being asked
    expect(rows.counted).toBeGreaterThan(0);
    worklist.end();
    await settle();
    expect(worklist.counts.value).toEqual({});
  });

  it("tells somebody without the role from a broken database", () => {
    rows.fail(new CloudError("not-a-reviewer", "no"));
    expect(worklist.state.value).toEqual({ kind: "refused" });
    rows.fail(new CloudError("unavailable", "The database does not answer."));
    expect(worklist.state.value).toEqual({
      kind: "broken",
      message: "The database does not answer.",
    });
  });

  it("forgets everything when the person signs out", () => {
    rows.put(at(1, "a"));
    worklist.end();
    expect(ids()).toEqual([]);
    expect(rows.watches).toEqual([]);
  });

  it("says at the row why a retry was refused, until the next try", async () => {
    let answer: Promise<void> = Promise.reject(new CloudError("not-retryable", "It is read."));
    worklist = new Worklist(rows, scans, aFakeApi({ retry: () => answer }), studies);
    await worklist.retry("a");
    expect(worklist.retryErrors.value).toEqual({ a: "It is read." });
    answer = Promise.resolve();
    await worklist.retry("a");
    expect(worklist.retryErrors.value).toEqual({});
  });

  it("retries many one after the other, whatever becomes of one, and once for two clicks", async () => {
    const asked: string[] = [];
    const retry = async (id: string): Promise<void> => {
      asked.push(id);
      if (id === "b") throw new CloudError("not-retryable", "It is read.");
    };
    worklist = new Worklist(rows, scans, aFakeApi({ retry }), studies);
    const first = worklist.retryAll(["a", "b", "c"]);
    expect(worklist.isRetrying.value).toBe(true);
    await Promise.all([first, worklist.retryAll(["a", "b", "c"])]);
    expect(asked).toEqual(["a", "b", "c"]);
    expect(worklist.retryErrors.value).toEqual({ b: "It is read." });
    expect(worklist.isRetrying.value).toBe(false);
  });

  it("finds the next scan to review behind the rows that are loaded, too", async () => {
    const newest = Array.from({ length: PAGE_SIZE }, (_, i) =>
      at(100 + i, String(i), { ...done, ...labelled }),
    );
    rows.put(
      ...newest,
      at(3, "saved", done),
      at(2, "failed", { status: "failed" }),
      at(1, "b", done),
    );
    await settle();
    const next = () => worklist.nextToReview("7", new Set(["7", "saved"]));
    expect(await next()).toMatchObject({ id: "b" });
    worklist.show({ show: "mine" });
    await settle();
    expect(await next()).toBe("none");
  });

  it("finds the next scan to review among those that arrived meanwhile", async () => {
    const next = () => worklist.nextToReview("a", new Set(["a"]));
    for (const show of ["review", "mine"] as const) {
      rows.put(at(1, "a", { ...done, uploadedBy: ME }));
      worklist.show({ show });
      await settle();
      worklist.hold("away", true);
      expect(await next()).toBe("none");
      const id = `arrived for ${show}`;
      rows.put(at(2, id, { ...done, uploadedBy: ME }));
      expect(ids()).toEqual(["a"]);
      expect(await next()).toMatchObject({ id });
      worklist.hold("away", false);
      rows.put(at(2, id, { ...done, ...labelled }));
    }
  });

  it("does not say that no scan waits for a review where the database can't tell", async () => {
    rows.put(at(1, "a", done), at(2, "b", done));
    await settle();
    rows.first = () => Promise.reject(new Error("offline"));
    expect(await worklist.nextToReview("a", new Set(["a"]))).toMatchObject({ id: "b" });
    expect(await worklist.nextToReview("b", new Set(["a", "b"]))).toBe("unknown");
  });

  it("goes from study to study, to the series on which most is seen", async () => {
    const series = (number: number, sequence: "T1" | "T2"): SeriesFacts => {
      return { number, sequence, plane: "sagittal", slices: 9, digest: "" };
    };
    const of = (studyKey: string, facts: SeriesFacts): Partial<Scan> => ({
      ...done,
      study: { studyKey, patientKey: "p", frameKey: null, series: facts, parent: null },
    });
    rows.put(
      at(4, "new-t1", of("new", series(1, "T1"))),
      at(3, "new-t2", of("new", series(2, "T2"))),
      at(2, "old-t1", of("old", series(1, "T1"))),
      at(1, "old-t2", of("old", series(2, "T2"))),
    );
    expect(worklist.rows.value).toHaveLength(2);
    expect(worklist.neighbour("new-t1", 1)?.id).toBe("old-t2");
    expect(worklist.neighbour("old-t2", -1)?.id).toBe("new-t2");
    const next = await worklist.nextToReview("new-t2", new Set(["new-t2", "new-t1"]));
    expect(next).toMatchObject({ id: "old-t2" });
  });

  it("knows the neighbours of a scan among the rows shown", () => {
    rows.put(at(3, "a"), at(2, "b"), at(1, "c"));
    expect(worklist.neighbour("b", 1)?.id).toBe("c");
    expect(worklist.neighbour("a", -1)).toBeNull();
    expect(worklist.neighbour("unknown", 1)).toBeNull();
  });
});
