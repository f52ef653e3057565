import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  aFakeApi,
  aPrediction,
  aScan,
  FakeScans,
  sliceAt,
  someUrls,
} from "../../../testing/fake-cloud";
import type { Frame } from "./frames";
import { OpenScan } from "./open-scan";

let feed: FakeScans;
let openScan: OpenScan;
let loaded: number[];

beforeEach(() => {
  feed = new FakeScans();
  loaded = [];
  openScan = new OpenScan("a", feed, aFakeApi(), async (place) => {
    loaded.push(sliceAt(place));
    return { slice: sliceAt(place) } as unknown as Frame;
  });
  openScan.start();
});

const settle = () => new Promise((done) => setTimeout(done));

function readByModel(): void {
  feed.scan(aScan("a", { status: "done", modelVersion: "v1" }));
  feed.predictions([aPrediction()]);
}

describe("a scan under review", () => {
  it("shows its discs as soon as they are read, without a reload", async () => {
    feed.scan(aScan("a", { status: "processing" }));
    expect(openScan.prediction.value).toBeNull();
    readByModel();
    expect(openScan.slice.value).toBe(4); // the key slice
    await settle();
    expect(openScan.frame.value).toEqual({ slice: 4, index: 4, modelVersion: "v1" });
  });

  it("says that there is no such scan", () => {
    feed.scan(null);
    expect(openScan.state.value.kind).toBe("missing");
  });

  it("stays where the reader is when the record changes", () => {
    readByModel();
    openScan.step(2);
    readByModel();
    expect(openScan.slice.value).toBe(6);
  });

  it("opens a re-reading by a newer model at its key slice", () => {
    readByModel();
    openScan.step(1);
    feed.scan(aScan("a", { status: "done", modelVersion: "v2" }));
    feed.predictions([aPrediction(), aPrediction({ modelVersion: "v2", keySlice: 3 })]);
    expect(openScan.slice.value).toBe(3);
  });

  it("tells of a re-reading that took the place of what was shown, and that nobody has seen it", async () => {
    readByModel();
    await settle();
    expect(openScan.shownAt.value).not.toBeNull();
    expect(openScan.rereadBy.value).toBeNull();
    feed.predictions([aPrediction(), aPrediction({ modelVersion: "v2" })]);
    feed.scan(aScan("a", { status: "done", modelVersion: "v2" }));
    expect(openScan.frame.value).toBeNull();
    expect(openScan.shownAt.value).toBeNull();
    expect(openScan.rereadBy.value).toBe("v2");
    await settle();
    expect(openScan.frame.value).toMatchObject({ index: 4, modelVersion: "v2" });
    expect(openScan.shownAt.value).not.toBeNull();
    openScan.chosenVersion.value = "v1";
    expect(openScan.rereadBy.value).toBeNull();
  });

  it("keeps its slice while a box is in the hand", () => {
    readByModel();
    openScan.boxHeld.value = true;
    openScan.step(1);
    expect(openScan.slice.value).toBe(4);
    openScan.boxHeld.value = false;
    openScan.step(1);
    expect(openScan.slice.value).toBe(5);
  });

  it("never leaves the stack", () => {
    readByModel();
    openScan.step(-100);
    expect(openScan.slice.value).toBe(0);
    openScan.step(100);
    expect(openScan.slice.value).toBe(8);
  });

  it("loads neighbours ahead, each picture once", async () => {
    readByModel();
    await settle();
    openScan.step(1);
    await settle();
    expect(new Set(loaded).size).toBe(loaded.length);
    expect(loaded).toContain(8);
  });

  it("says which slice failed, shows no other in its place, and tries again", async () => {
    let broken = 0;
    let signed = 0;
    const artifactUrls = async () => {
      signed += 1;
      return someUrls(new Date(Date.now() + 900_000));
    };
    openScan = new OpenScan("a", feed, aFakeApi({ artifactUrls }), async (place) => {
      if (sliceAt(place) === broken) throw new Error("The store answered HTTP 503.");
      return { slice: sliceAt(place) } as unknown as Frame;
    });
    openScan.start();
    readByModel();
    await settle();
    openScan.goTo(0);
    await settle();
    expect(openScan.frameError.value).toBe("Slice 1 can't be loaded. The store answered HTTP 503.");
    expect(openScan.frame.value).toBeNull();
    const signedBefore = signed;
    broken = -1;
    openScan.again();
    await settle();
    expect(signed).toBeGreaterThan(signedBefore); // the addresses may have been what was wrong
    expect(openScan.frameError.value).toBeNull();
    expect(openScan.frame.value).toMatchObject({ slice: 0, index: 0 });
  });

  describe("with a slow line", () => {
    beforeEach(() => vi.useFakeTimers());
    afterEach(() => vi.useRealTimers());

    it("shows no slice's picture in the place of one that is late, and flickers for none", async () => {
      const arrivals = new Map<number, (frame: Frame) => void>();
      openScan = new OpenScan("a", feed, aFakeApi(), (place) => {
        const slow = new Promise<Frame>((arrive) => arrivals.set(sliceAt(place), arrive));
        return sliceAt(place) === 5 ? slow : Promise.resolve({} as Frame);
      });
      openScan.start();
      readByModel();
      await vi.advanceTimersByTimeAsync(0);
      expect(openScan.frame.value?.index).toBe(4);
      openScan.goTo(3); // loaded ahead
      expect(openScan.frame.value?.index).toBe(4);
      await vi.advanceTimersByTimeAsync(0);
      expect(openScan.frame.value?.index).toBe(3);

      openScan.goTo(5);
      await vi.advanceTimersByTimeAsync(50);
      expect(openScan.isLoading.value).toBe(false);
      expect(openScan.frame.value).not.toBeNull();
      await vi.advanceTimersByTimeAsync(100);
      expect(openScan.isLoading.value).toBe(true);
      expect(openScan.frame.value).toBeNull();
      arrivals.get(5)!({} as Frame);
      await vi.advanceTimersByTimeAsync(0);
      expect(openScan.isLoading.value).toBe(false);
      expect(openScan.frame.value?.index).toBe(5);
    });

    it("waits a minute for a slice from when the reader looks at it, however long it was on its way", async () => {
      openScan = new OpenScan("a", feed, aFakeApi(), (place, abortSignal) => {
        if (sliceAt(place) !== 5) return Promise.resolve({} as Frame);
        return new Promise((_, fail) =>
          abortSignal.addEventListener("abort", () =>
            fail(new Error("The store can't be reached.")),
          ),
        );
      });
      openScan.start();
      readByModel();
      await vi.advanceTimersByTimeAsync(50_000); // loaded ahead all the while
      openScan.goTo(5);
      await vi.advanceTimersByTimeAsync(59_000);
      expect(openScan.frameError.value).toBeNull();
      await vi.advanceTimersByTimeAsync(1_000);
      expect(openScan.frameError.value).toBe(
        "Slice 6 can't be loaded. The store can't be reached.",
      );
    });
  });

  it("stops watching when the page is left", () => {
    readByModel();
    openScan.end();
    expect(feed.watchers).toBe(0);
  });
});
