import { computed, signal } from "@preact/signals";
import type { DroppedFile, PlannedScan } from "./plan";
import { Transfer, type TransferSurroundings } from "./transfer";

export type UploadState =
  | { kind: "waiting" }
  | { kind: "packing"; packedBytes: number }
  | { kind: "sending" }
  | { kind: "interrupted"; retryInMs: number }
  | { kind: "paused" }
  | { kind: "done" }
  | { kind: "failed"; message: string }
  | { kind: "refused"; reason: string };

export type Pack = (
  files: DroppedFile[],
  progress: (packedBytes: number) => void,
  signal: AbortSignal,
) => Promise<Blob>;

export interface UploadSurroundings extends Omit<TransferSurroundings, "openSession"> {
  openSession: (name: string, body: Blob) => ReturnType<TransferSurroundings["openSession"]>;
  pack: Pack;
  now: () => number;
}

const SPEED_OVER_MS = 4_000;

/** One line of the tray: a scan on its way up. */
export class Upload {
  readonly state = signal<UploadState>({ kind: "waiting" });
  readonly sentBytes = signal(0);
  readonly bytesPerSecond = signal(0);
  readonly totalBytes = signal(0);
  readonly fraction = computed(() =>
    this.totalBytes.value > 0 ? this.sentBytes.value / this.totalBytes.value : 0,
  );
  /** The object's name in the bucket, once the server has chosen it. */
  readonly objectName = signal<string | null>(null);

  private transfer: Transfer | null = null;
  private abort = new AbortController();
  private samples: { at: number; bytes: number }[] = [];

  constructor(
    readonly id: number,
    readonly scan: PlannedScan,
    private readonly around: UploadSurroundings,
  ) {
    this.totalBytes.value = scan.files.reduce((sum, { file }) => sum + file.size, 0);
  }

  /** Whether it holds or wants one of the lines to the server. */
  get active(): boolean {
    return ["packing", "sending", "interrupted"].includes(this.state.peek().kind);
  }

  /** Packs what needs packing and sends; ends when done, paused, cancelled or failed. */
  async run(): Promise<void> {
    this.abort = new AbortController();
    this.samples = [];
    const { signal } = this.abort;
    try {
      this.transfer ??= await this.prepare(signal);
      this.state.value = { kind: "sending" };
      await this.transfer.run(signal);
      this.state.value = { kind: "done" };
    } catch (error) {
      if (signal.aborted) return; // pause and cancel have said what the state is
      if (!this.transfer?.session) this.sentBytes.value = 0; // the next try begins at the start
      this.state.value = { kind: "failed", message: (error as Error).message };
    } finally {
      this.bytesPerSecond.value = 0;
    }
  }

  pause(): void {
    this.state.value = { kind: "paused" };
    this.abort.abort();
  }

  cancel(): void {
    this.abort.abort();
  }

  private async prepare(signal: AbortSignal): Promise<Transfer> {
    const body = await this.body(signal);
    this.totalBytes.value = body.size;
    return new Transfer(
      body,
      {
        put: this.around.put,
        wait: this.around.wait,
        openSession: async () => {
          const session = await this.around.openSession(this.scan.name, body);
          this.objectName.value = session.objectName;
          return session;
        },
      },
      {
        sent: (bytes) => this.count(bytes),
        interrupted: (retryInMs) => (this.state.value = { kind: "interrupted", retryInMs }),
      },
    );
  }

  private async body(signal: AbortSignal): Promise<Blob> {
    const [first, ...others] = this.scan.files;
    if (first && others.length === 0) return first.file;
    const progress = (packedBytes: number): void => {
      this.state.value = { kind: "packing", packedBytes };
    };
    progress(0);
    return this.around.pack(this.scan.files, progress, signal);
  }

  private count(bytes: number): void {
    if (this.abort.signal.aborted) return;
    if (this.state.peek().kind !== "sending") this.state.value = { kind: "sending" };
    this.sentBytes.value = bytes;
    const at = this.around.now();
    this.samples = [...this.samples.filter((s) => at - s.at < SPEED_OVER_MS), { at, bytes }];
    const oldest = this.samples[0];
    if (oldest && at > oldest.at) {
      this.bytesPerSecond.value = Math.max(0, ((bytes - oldest.bytes) * 1000) / (at - oldest.at));
    }
  }
}
