import { computed, effect, signal } from "@preact/signals";
import type { Api, CloudError, Scan, Scans, Stop } from "../../cloud/cloud";
import type { Disc, Prediction } from "../../records";
import { type Frame, Frames, type FrameLoader } from "./frames";
import { SignedUrls } from "./signed-urls";

export type ReviewState =
  | { kind: "loading" }
  | { kind: "missing" }
  | { kind: "shown" }
  | { kind: "broken"; message: string };

/** One scan on the screen: followed live, from queued to its discs. */
export class Review {
  readonly state = signal<ReviewState>({ kind: "loading" });
  readonly scan = signal<Scan | null>(null);
  readonly prediction = signal<Prediction | null>(null);
  readonly slice = signal(0);
  readonly selectedLevel = signal<string | null>(null);
  readonly frame = signal<Frame | null>(null);
  /** Why the slice can't be shown; null while all is well. */
  readonly frameError = signal<string | null>(null);
  readonly urls: SignedUrls;

  readonly sliceCount = computed(() => this.prediction.value?.sliceCount ?? 0);

  /** The discs that this slice shows, each with its box here. */
  readonly boxes = computed(() =>
    (this.prediction.value?.discs ?? []).flatMap((disc) => {
      const box = disc.boxes[String(this.slice.value)];
      return box ? [{ disc, box }] : [];
    }),
  );

  private readonly frames: Frames;
  private stops: Stop[] = [];
  private stopPrediction: Stop = () => {};

  constructor(
    private readonly scanId: string,
    private readonly feed: Scans,
    api: Api,
    loader: FrameLoader,
  ) {
    this.urls = new SignedUrls((version) => api.artifactUrls(scanId, version));
    this.frames = new Frames(this.urls, loader);
  }

  start(): void {
    const broken = (error: CloudError): void => {
      this.state.value = { kind: "broken", message: error.message };
    };
    const seen = (scan: Scan | null): void => {
      this.scan.value = scan;
      this.state.value = { kind: scan ? "shown" : "missing" };
    };
    const version = computed(() => this.scan.value?.modelVersion ?? null);
    this.stops = [
      this.feed.watchScan(this.scanId, seen, broken),
      effect(() => this.followPrediction(version.value, broken)),
      effect(() => {
        const prediction = this.prediction.value;
        if (prediction) void this.show(prediction, this.slice.value);
      }),
    ];
  }

  end(): void {
    for (const stop of this.stops) stop();
    this.stopPrediction();
    this.frames.clear();
  }

  step(by: number): void {
    this.goTo(this.slice.value + by);
  }

  goTo(slice: number): void {
    if (this.sliceCount.value === 0) return;
    this.slice.value = Math.max(0, Math.min(this.sliceCount.value - 1, Math.round(slice)));
  }

  /** Selects a disc and turns to the slice on which it is read best. */
  select(disc: Disc): void {
    this.selectedLevel.value = disc.level;
    if (!disc.boxes[String(this.slice.value)]) this.goTo(disc.slice);
  }

  selectLevel(level: string): void {
    const disc = this.prediction.value?.discs.find((each) => each.level === level);
    if (!disc) return;
    this.selectedLevel.value = disc.level;
    this.goTo(disc.slice);
  }

  private followPrediction(version: string | null, broken: (error: CloudError) => void): void {
    this.stopPrediction();
    this.stopPrediction = () => {};
    if (!version) return;
    this.stopPrediction = this.feed.watchPrediction(
      this.scanId,
      version,
      (prediction) => {
        if (prediction && prediction.modelVersion !== this.prediction.peek()?.modelVersion) {
          this.slice.value = prediction.keySlice;
          this.frames.clear();
        }
        this.prediction.value = prediction;
      },
      broken,
    );
  }

  private async show(prediction: Prediction, slice: number): Promise<void> {
    try {
      const frame = await this.frames.get(prediction, slice);
      if (slice !== this.slice.peek()) return; // the reader has scrolled on
      this.frame.value = frame;
      this.frameError.value = null;
      this.frames.prefetchAround(prediction, slice);
    } catch (error) {
      if (slice !== this.slice.peek()) return;
      this.frameError.value = `Slice ${slice + 1} can't be loaded. ${(error as Error).message}`;
    }
  }
}
