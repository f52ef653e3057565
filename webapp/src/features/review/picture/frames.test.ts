import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { aPrediction, someUrls } from "../../../testing/fake-cloud";
import { type Frame, type FrameLoader, Frames } from "./frames";
import { SignedUrls } from "./signed-urls";

const prediction = aPrediction();
let requests: AbortSignal[];

beforeEach(() => {
  vi.useFakeTimers();
  requests = [];
});

afterEach(() => vi.useRealTimers());

function framesOver(load: FrameLoader): Frames {
  const urls = new SignedUrls(async () => someUrls(new Date(Date.now() + 900_000)));
  return new Frames(urls, (sliceUrl, maskUrl, abortSignal) => {
    requests.push(abortSignal);
    return load(sliceUrl, maskUrl, abortSignal);
  });
}

const atOnce: FrameLoader = async () => ({}) as Frame;

const never: FrameLoader = (_, __, abortSignal) =>
  new Promise((_, fail) => abortSignal.addEventListener("abort", () => fail(abortSignal.reason)));

describe("a slice's frame", () => {
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
