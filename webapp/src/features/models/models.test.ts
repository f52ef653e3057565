import { beforeEach, describe, expect, it } from "vitest";
import { CloudError } from "../../cloud/errors";
import { aFakeApi } from "../../testing/fake-cloud";
import { aComparison, aPointer, aReread, aRun, FakeModels } from "../../testing/fake-models";
import { ModelsStore } from "./models";

let feed: FakeModels;
let store: ModelsStore;

beforeEach(() => {
  feed = new FakeModels();
  store = new ModelsStore(feed, aFakeApi());
  store.start("rad@hospital.org");
});

describe("the Models page", () => {
  it("names the model of the newest reading as long as no pointer names one", () => {
    feed.newestReading("first");
    expect(store.serving.value).toBe("first");
    feed.production(aPointer("first", "second"));
    expect(store.serving.value).toBe("second");
  });

  it("has loaded when it knows of each document whether it is there", () => {
    feed.production(null);
    feed.retraining(null);
    feed.runs([]);
    expect(store.loaded.value).toBe(false);
    feed.newestReading(null);
    expect(store.loaded.value).toBe(true);
  });

  it("compares the newest run that has a comparison, or the chosen one", () => {
    feed.runs([
      aRun(3),
      aRun(2, { modelVersion: "second", comparison: aComparison("first") }),
      aRun(1, { modelVersion: "first", comparison: aComparison("zeroth") }),
    ]);
    expect(store.compared.value?.epoch).toBe(2);
    expect(feed.watchedModels).toEqual(["second", "first"]);
    store.choose(1);
    expect(store.compared.value?.epoch).toBe(1);
    expect(feed.watchedModels).toEqual(["second", "first", "zeroth"]);
  });

  it("offers to go back to what was in production before, the newest first, each once", () => {
    feed.production(aPointer("a", "b", "a", "c"));
    expect(store.earlier.value).toEqual(["a", "b"]);
  });

  it("says why a rollback was refused, and can be asked again", async () => {
    let answer: Promise<void> = Promise.reject(
      new CloudError("not-an-admin", "Only administrators roll back."),
    );
    store = new ModelsStore(feed, aFakeApi({ rollBack: () => answer }));
    await store.rollBack("a");
    expect(store.rollback.value).toEqual({
      kind: "failed",
      version: "a",
      message: "Only administrators roll back.",
    });
    answer = Promise.resolve();
    await store.rollBack("a");
    expect(store.rollback.value).toBeNull();
  });

  it("lists what the model in production reads again, and no other model's", () => {
    feed.production(aPointer("first", "second"));
    feed.rereads([aReread("s1")]);
    expect(store.rereads.value).toHaveLength(1);
    feed.production(aPointer("first", "second", "first"));
    expect(store.rereads.value).toHaveLength(0);
    expect(feed.rereadsOf).toEqual(["first"]);
  });

  it("says how many scans will be read again, or why none", async () => {
    let answer = Promise.resolve(7);
    store = new ModelsStore(feed, aFakeApi({ readAgain: () => answer }));
    await store.readAgain("second", 20);
    expect(store.readingAgain.value).toEqual({ kind: "asked", count: 7 });
    answer = Promise.reject(new CloudError("not-in-production", "It is not in production."));
    await store.readAgain("second", 20);
    expect(store.readingAgain.value).toEqual({
      kind: "failed",
      message: "It is not in production.",
    });
  });

  it("follows nothing any more when the page is left", () => {
    feed.newestReading("first");
    feed.production(aPointer("first"));
    store.stop();
    expect(feed.watchers).toBe(0);
  });
});
