import { computed, effect, signal } from "@preact/signals";
import type { Api, Scans } from "../../../cloud/cloud";
import type { Scan } from "../../../cloud/documents";
import type { CloudError } from "../../../cloud/errors";
import type { Stop } from "../../../cloud/live";
import type { Event, Prediction } from "../../../records";
import { type Frame, type FrameLoader, Frames } from "./frames";
import { SignedUrls } from "./signed-urls";
import { startWait } from "./timing";

export type OpenScanState =
  | { kind: "loading" }
  | { kind: "missing" }
  | { kind: "shown" }
  | { kind: "broken"; message: string };

/** A frame with its slice and model. */
export interface SliceFrame extends Frame {
  index: number;
  modelVersion: string;
}

/** The time after which the previous slice gives way to a loading notice. */
const LATE_MS = 100;

/** The scan on the screen, followed live: its documents, its slices, and the slice shown. */
export class OpenScan {
  readonly state = signal<OpenScanState>({ kind: "loading" });
  readonly scan = signal<Scan | null>(null);
  /** The predictions of every model, the newest first. */
  readonly predictions = signal<readonly Prediction[]>([]);
  readonly events = signal<readonly Event[]>([]);
  /** The model version that the reader chose to see; null follows the scan's newest. */
  readonly chosenVersion = signal<string | null>(null);
  readonly slice = signal(0);
  readonly frame = signal<SliceFrame | null>(null);
  /** True while the slice loads. */
  readonly isLoading = signal(false);
  /** The time at which this model's first picture was shown, in milliseconds of the steady clock. */
  readonly shownAt = signal<number | null>(null);
  /** The model whose new reading replaced the one shown, without the reader asking for it. */
  readonly rereadBy = signal<string | null>(null);
  /** True while a box is dragged or drawn: the slice stays, since the box belongs to it. */
  readonly boxHeld = signal(false);
  /** The reason why the slice can't be shown; null if it can. */
  readonly frameError = signal<string | null>(null);
  readonly urls: SignedUrls;

  readonly prediction = computed(() => {
    const version = this.chosenVersion.value ?? this.scan.value?.modelVersion;
    return this.predictions.value.find((each) => each.modelVersion === version) ?? null;
  });
  readonly sliceCount = computed(() => this.prediction.value?.sliceCount ?? 0);

  private readonly frames: Frames;
  private openVersion: string | null = null;
  private stops: Stop[] = [];

  constructor(
    readonly scanId: string,
    private readonly feed: Scans,
    api: Api,
    loader: FrameLoader,
    /** False for a scan beside another one, whose waits alone are measured. */
    private readonly isMeasured = true,
  ) {
    this.urls = new SignedUrls((version) => api.artifactUrls(scanId, version));
    this.frames = new Frames(this.urls, loader);
  }

  start(): void {
    if (this.isMeasured) startWait("first view");
    const broken = (error: CloudError): void => {
      this.state.value = { kind: "broken", message: error.message };
    };
    const seen = (scan: Scan | null): void => {
      this.scan.value = scan;
      this.state.value = { kind: scan ? "shown" : "missing" };
    };
    const version = computed(() => this.prediction.value?.modelVersion);
    this.stops = [
      this.feed.watchScan(this.scanId, seen, broken),
      this.feed.watchPredictions(
        this.scanId,
        (all) => (this.predictions.value = newest(all)),
        broken,
      ),
      this.feed.watchEvents(this.scanId, (events) => (this.events.value = events), broken),
      effect(() => {
        if (version.value) this.openAtKeySlice(version.value);
      }),
      effect(() => {
        const prediction = this.prediction.value;
        if (prediction) void this.show(prediction, this.slice.value);
      }),
    ];
  }

  end(): void {
    for (const stop of this.stops) stop();
    this.frames.clear();
  }

  /** A slice as it is drawn, whichever is on the screen. */
  pictureOf(prediction: Prediction, slice: number): Promise<Frame> {
    return this.frames.get(prediction, slice);
  }

  step(by: number): void {
    this.goTo(this.slice.value + by);
  }

  goTo(slice: number): void {
    if (this.sliceCount.value === 0 || this.boxHeld.peek()) return;
    const inside = Math.max(0, Math.min(this.sliceCount.value - 1, Math.round(slice)));
    if (inside === this.slice.value) return;
    if (this.isMeasured) startWait("slice switch");
    this.slice.value = inside;
  }

  /** Tries again to show a slice that could not be loaded. */
  again(): void {
    const prediction = this.prediction.peek();
    if (prediction && this.frameError.peek()) void this.show(prediction, this.slice.peek());
  }

  private openAtKeySlice(modelVersion: string): void {
    const isUnasked = this.openVersion !== null && this.chosenVersion.peek() === null;
    this.rereadBy.value = isUnasked ? modelVersion : null;
    this.openVersion = modelVersion;
    this.frame.value = null;
    this.shownAt.value = null;
    this.slice.value = this.prediction.peek()?.keySlice ?? 0;
  }

  private async show(prediction: Prediction, slice: number): Promise<void> {
    const isStillWanted = (): boolean =>
      slice === this.slice.peek() &&
      prediction.modelVersion === this.prediction.peek()?.modelVersion;
    const { modelVersion } = prediction;
    const late = setTimeout(() => {
      if (isStillWanted()) this.showNone({ isLoading: true, error: null });
    }, LATE_MS);
    try {
      const frame = await this.frames.get(prediction, slice);
      if (!isStillWanted()) return; // the reader has scrolled on
      this.frame.value = { ...frame, index: slice, modelVersion };
      this.isLoading.value = false;
      this.shownAt.value ??= performance.now();
      this.frameError.value = null;
      this.frames.prefetchAround(prediction, slice);
    } catch (error) {
      const sentence = `Slice ${slice + 1} can't be loaded. ${(error as Error).message}`;
      if (isStillWanted()) this.showNone({ isLoading: false, error: sentence });
    } finally {
      clearTimeout(late);
    }
  }

  /** Removes the picture, which could be taken for the slice that is not there. */
  private showNone({ isLoading, error }: { isLoading: boolean; error: string | null }): void {
    this.frame.value = null;
    this.isLoading.value = isLoading;
    this.frameError.value = error;
  }
}

const newest = (predictions: Prediction[]): Prediction[] =>
  predictions.toSorted((a, b) => b.createdAt.toMillis() - a.createdAt.toMillis());
