import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { aPrediction, earlierUrls, someUrls } from "../../../testing/fake-cloud";
import { type Frame, type FrameLoader, type FramePlace, Frames } from "./frames";
import { SignedUrls } from "./signed-urls";

const prediction = aPrediction();
let requests: AbortSignal[];

beforeEach(() => {
  vi.useFakeTimers();
  requests = [];
});

afterEach(() => vi.useRealTimers());

function framesOver(load: FrameLoader, urlsUntil = someUrls): Frames {
  const urls = new SignedUrls(async () => urlsUntil(new Date(Date.now() + 900_000)));
  return new Frames(urls, (place, abortSignal) => {
    requests.push(abortSignal);
    return load(place, abortSignal);
  });
}

const atOnce: FrameLoader = async () => ({}) as Frame;

const never: FrameLoader = (_, abortSignal) =>
  new Promise((_, fail) => abortSignal.addEventListener("abort", () => fail(abortSignal.reason)));

/** The place that a slice is loaded from. */
async function placeOf(slice: number, urlsUntil = someUrls): Promise<FramePlace | undefined> {
  let asked: FramePlace | undefined;
  const load: FrameLoader = async (place) => {
    asked = place;
    return {} as Frame;
  };
  await framesOver(load, urlsUntil).get(prediction, slice);
  return asked;
}

describe("a slice's frame", () => {
  it("lies beside its mask in the file of all pictures", async () => {
    expect(await placeOf(4)).toEqual({
      pictures: "pictures",
      slice: { start: 401, size: 40 },
      mask: { start: 451, size: 40 },
    });
  });

  it("of a scan that was read before there was such a file lies in files of its own", async () => {
    expect(await placeOf(4, earlierUrls)).toEqual({ slice: "slice-4", mask: "mask-4" });
  });

  it("that the server doesn't know is told in words", async () => {
    await expect(placeOf(9)).rejects.toThrow("The server names no such slice.");
  });

  it("that has arrived is given up by no clock, however often it is looked at", async () => {
    const frames = framesOver(atOnce);
    await frames.get(prediction, 4);
    await frames.get(prediction, 4);
    expect(vi.getTimerCount()).toBe(0);
    expect(requests.map((request) => request.aborted)).toEqual([false]);
  });

  it("that failed leaves no clock behind, and is asked for again", async () => {
    const frames = framesOver(async () => {
      throw new Error("The store answered HTTP 503.");
    });
    await expect(frames.get(prediction, 4)).rejects.toThrow("503");
    expect(vi.getTimerCount()).toBe(0);
    await expect(frames.get(prediction, 4)).rejects.toThrow("503");
    expect(requests).toHaveLength(2);
  });

  it("that is under way when the scan is left is stopped", async () => {
    const frames = framesOver(never);
    frames.prefetchAround(prediction, 4);
    await vi.advanceTimersByTimeAsync(0);
    expect(requests).toHaveLength(8);
    frames.clear();
    await vi.advanceTimersByTimeAsync(0);
    expect(requests.every((request) => request.aborted)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});
