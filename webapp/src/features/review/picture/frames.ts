import type { ArtifactUrls } from "../../../cloud/calls";
import type { Bytes } from "../../../cloud/fetch-blob";
import type { Prediction } from "../../../records";
import type { Greys } from "./greys";
import type { SignedUrls } from "./signed-urls";

/** One slice ready to be drawn, with its mask in colours. */
export interface Frame {
  slice: Greys;
  mask: CanvasImageSource;
}

/** The place of a slice and its mask: neighbours in one file, or a file each. */
export type FramePlace =
  { pictures: string; slice: Bytes; mask: Bytes } | { slice: string; mask: string };

/** Loads a slice with its mask; stops and rejects when aborted. */
export type FrameLoader = (place: FramePlace, abortSignal: AbortSignal) => Promise<Frame>;

interface Loading {
  frame: Promise<Frame>;
  /** Gives the download its full time again. */
  restartTimeout: () => void;
  abort: () => void;
}

/**
 * The longest time for a slice: a connection that hangs reports no error. Enough for a slow one.
 */
const TIMEOUT_MS = 60_000;
const PREFETCHED_EACH_WAY = 6;
const KEPT = 96;

/**
 * The frames of one scan and all its models: each is loaded once, neighbours ahead of time, and the
 * oldest are dropped.
 */
export class Frames {
  private readonly kept = new Map<string, Loading>();

  constructor(
    private readonly urls: SignedUrls,
    private readonly load: FrameLoader,
  ) {}

  /** The frame to show; its timeout begins now, not when it was prefetched. */
  get(prediction: Prediction, slice: number): Promise<Frame> {
    const { frame, restartTimeout } = this.loading(prediction, slice);
    restartTimeout();
    return frame;
  }

  prefetchAround(prediction: Prediction, slice: number): void {
    for (let distance = 1; distance <= PREFETCHED_EACH_WAY; distance++) {
      for (const neighbour of [slice + distance, slice - distance]) {
        if (neighbour < 0 || neighbour >= prediction.sliceCount) continue;
        this.loading(prediction, neighbour); // a failure is shown when the reader gets there
      }
    }
  }

  /** Aborts all downloads and forgets all frames. */
  clear(): void {
    for (const { abort } of this.kept.values()) abort();
    this.kept.clear();
  }

  private loading(prediction: Prediction, slice: number): Loading {
    const key = `${prediction.modelVersion} ${slice}`;
    const known = this.kept.get(key);
    if (known) return known;
    const loading = withTimeout((abortSignal) => this.fetch(prediction, slice, abortSignal));
    this.kept.set(key, loading);
    loading.frame.catch(() => {
      this.kept.delete(key); // the next visit tries again, by new addresses
      this.urls.forget();
    });
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= KEPT) break;
      this.kept.delete(oldest);
    }
    return loading;
  }

  private async fetch(
    prediction: Prediction,
    slice: number,
    abortSignal: AbortSignal,
  ): Promise<Frame> {
    const urls = await this.urls.get(prediction.modelVersion);
    const place = placeOf(slice, prediction, urls);
    if (!place) throw new Error("The server names no such slice.");
    return this.load(place, abortSignal);
  }
}

function placeOf(slice: number, prediction: Prediction, urls: ArtifactUrls): FramePlace | null {
  const [sliceUrl, maskUrl] = [urls.slices[slice], urls.masks[slice]];
  if (sliceUrl && maskUrl) return { slice: sliceUrl, mask: maskUrl };
  const { starts, sizes } = prediction.pictureBytes ?? { starts: [], sizes: [] };
  const [start, maskStart] = starts.slice(2 * slice, 2 * slice + 2);
  const [size, maskSize] = sizes.slice(2 * slice, 2 * slice + 2);
  if (!urls.pictures || !start || !size || !maskStart || !maskSize) return null;
  return {
    pictures: urls.pictures,
    slice: { start, size },
    mask: { start: maskStart, size: maskSize },
  };
}

function withTimeout(load: (abortSignal: AbortSignal) => Promise<Frame>): Loading {
  const controller = new AbortController();
  let isUnderWay = true;
  let timeout: ReturnType<typeof setTimeout>;
  const abort = (): void => {
    clearTimeout(timeout);
    controller.abort();
  };
  const restartTimeout = (): void => {
    clearTimeout(timeout);
    if (isUnderWay) timeout = setTimeout(abort, TIMEOUT_MS);
  };
  restartTimeout();
  const frame = load(controller.signal).finally(() => {
    isUnderWay = false;
    clearTimeout(timeout);
  });
  return { frame, restartTimeout, abort };
}
