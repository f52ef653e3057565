import type { Prediction } from "../../records";
import type { SignedUrls } from "./signed-urls";

/** One slice ready to be drawn, with its mask in colours. */
export interface Frame {
  slice: CanvasImageSource;
  mask: CanvasImageSource;
}

export type FrameLoader = (sliceUrl: string, maskUrl: string) => Promise<Frame>;

const PREFETCHED_EACH_WAY = 6;
const KEPT = 96;

/** The frames of one scan, of every model that read it: loaded once, neighbours ahead of time, the oldest dropped. */
export class Frames {
  private readonly kept = new Map<string, Promise<Frame>>();

  constructor(
    private readonly urls: SignedUrls,
    private readonly load: FrameLoader,
  ) {}

  get(prediction: Prediction, slice: number): Promise<Frame> {
    const key = `${prediction.modelVersion} ${slice}`;
    const known = this.kept.get(key);
    if (known) return known;
    const frame = this.fetch(prediction, slice);
    this.kept.set(key, frame);
    frame.catch(() => this.kept.delete(key)); // the next visit tries again
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= KEPT) break;
      this.kept.delete(oldest);
    }
    return frame;
  }

  prefetchAround(prediction: Prediction, slice: number): void {
    for (let distance = 1; distance <= PREFETCHED_EACH_WAY; distance++) {
      for (const neighbour of [slice + distance, slice - distance]) {
        if (neighbour < 0 || neighbour >= prediction.sliceCount) continue;
        this.get(prediction, neighbour).catch(() => {}); // told when the reader comes there
      }
    }
  }

  clear(): void {
    this.kept.clear();
  }

  private async fetch(prediction: Prediction, slice: number): Promise<Frame> {
    const { slices, masks } = await this.urls.get(prediction.modelVersion);
    const [sliceUrl, maskUrl] = [slices[slice], masks[slice]];
    if (!sliceUrl || !maskUrl) throw new Error("The server names no such slice.");
    return this.load(sliceUrl, maskUrl);
  }
}
