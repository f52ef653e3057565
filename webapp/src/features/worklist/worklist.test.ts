import { beforeEach, describe, expect, it } from "vitest";
import { CloudError } from "../../cloud/cloud";
import { aFakeApi, aScan, FakeScans } from "../../testing/fake-cloud";
import { Worklist } from "./worklist";

let feed: FakeScans;
let worklist: Worklist;

beforeEach(() => {
  feed = new FakeScans();
  worklist = new Worklist(feed, aFakeApi());
  worklist.start();
});

const ids = (): string[] => worklist.visible.value.map((scan) => scan.id);

describe("the worklist", () => {
  it("shows rows as they come and change", () => {
    expect(worklist.state.value.kind).toBe("loading");
    feed.rows([aScan("a")]);
    feed.rows([aScan("b"), aScan("a", { status: "done" })]);
    expect(worklist.state.value.kind).toBe("ready");
    expect(worklist.visible.value.map(({ id, status }) => [id, status])).toEqual([
      ["b", "queued"],
      ["a", "done"],
    ]);
  });

  it("searches by name, id and person, whatever the case", () => {
    feed.rows([aScan("spine-17"), aScan("b", { uploadedBy: "Rad@Hospital.org" }), aScan("c")]);
    worklist.search.value = " SPINE";
    expect(ids()).toEqual(["spine-17"]);
    worklist.search.value = "rad@";
    expect(ids()).toEqual(["b"]);
  });

  it("offers older scans only when there may be some, and keeps one watch", () => {
    feed.rows([aScan("a")]);
    expect(worklist.hasMore.value).toBe(false);
    feed.rows(Array.from({ length: feed.limit }, (_, i) => aScan(String(i))));
    expect(worklist.hasMore.value).toBe(true);
    const before = feed.limit;
    worklist.showMore();
    expect(feed.limit).toBeGreaterThan(before);
    expect(feed.watchers).toBe(1);
  });

  it("tells somebody without the role from a broken database", () => {
    feed.rowsFail(new CloudError("not-a-reviewer", "no"));
    expect(worklist.state.value).toEqual({ kind: "refused" });
    feed.rowsFail(new CloudError("unavailable", "The database does not answer."));
    expect(worklist.state.value).toEqual({
      kind: "broken",
      message: "The database does not answer.",
    });
  });

  it("forgets everything when the person signs out", () => {
    feed.rows([aScan("a")]);
    worklist.end();
    expect(worklist.scans.value).toEqual([]);
    expect(feed.watchers).toBe(0);
  });

  it("says at the row why a retry was refused, until the next try", async () => {
    let answer: Promise<void> = Promise.reject(new CloudError("not-retryable", "It is read."));
    worklist = new Worklist(feed, aFakeApi({ retry: () => answer }));
    await worklist.retry("a");
    expect(worklist.retryErrors.value).toEqual({ a: "It is read." });
    answer = Promise.resolve();
    await worklist.retry("a");
    expect(worklist.retryErrors.value).toEqual({});
  });

  it("knows the neighbours of a scan among the rows shown", () => {
    feed.rows([aScan("a"), aScan("b"), aScan("c")]);
    expect(worklist.neighbour("b", 1)?.id).toBe("c");
    expect(worklist.neighbour("a", -1)).toBeNull();
    expect(worklist.neighbour("unknown", 1)).toBeNull();
  });
});
