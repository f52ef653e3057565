import { computed, signal } from "@preact/signals";
import { type DroppedFile, type PlannedScan, planScans } from "./plan";
import { Upload, type UploadSurroundings } from "./upload";

const AT_ONCE = 2;

/** Everything on its way up, in the order in which it was dropped. */
export class UploadQueue {
  readonly uploads = signal<Upload[]>([]);
  readonly unfinished = computed(
    () =>
      this.uploads.value.filter(
        ({ state }) => !["done", "refused", "failed"].includes(state.value.kind),
      ).length,
  );

  private nextId = 1;

  constructor(private readonly around: UploadSurroundings) {}

  /** Takes what was dropped or chosen; what can't be read is refused at once, with the reason. */
  async add(files: readonly DroppedFile[]): Promise<void> {
    const { scans, refusals } = await planScans(files);
    const refused = refusals.map(({ name, reason }) => {
      const upload = this.create({ name, files: [] });
      upload.state.value = { kind: "refused", reason };
      return upload;
    });
    const accepted = scans.map((scan) => this.create(scan));
    this.uploads.value = [...this.uploads.value, ...refused, ...accepted];
    this.startWaiting();
  }

  pause(upload: Upload): void {
    upload.pause();
    this.startWaiting();
  }

  /** Goes on with a paused upload, or tries a failed one again. */
  resume(upload: Upload): void {
    upload.state.value = { kind: "waiting" };
    this.startWaiting();
  }

  /** Stops an upload where it is and takes it off the list; a finished one is just taken off. */
  remove(upload: Upload): void {
    upload.cancel();
    this.uploads.value = this.uploads.value.filter((each) => each !== upload);
    this.startWaiting();
  }

  /** Takes off what is in the worklist by now; refusals stay until somebody has read them. */
  removeDone(): void {
    this.uploads.value = this.uploads.value.filter(({ state }) => state.peek().kind !== "done");
  }

  removeFinished(): void {
    this.uploads.value = this.uploads.value.filter(
      ({ state }) => !["done", "refused"].includes(state.peek().kind),
    );
  }

  private create(scan: PlannedScan): Upload {
    return new Upload(this.nextId++, scan, this.around);
  }

  private startWaiting(): void {
    const uploads = this.uploads.value;
    const waiting = uploads.filter(({ state }) => state.peek().kind === "waiting");
    const free = AT_ONCE - uploads.filter((upload) => upload.active).length;
    for (const upload of waiting.slice(0, Math.max(0, free))) {
      upload.state.value = { kind: "sending" };
      void upload.run().then(() => this.startWaiting());
    }
  }
}
