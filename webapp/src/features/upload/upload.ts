import { computed, signal } from "@preact/signals";
import type { UploadSession } from "../../cloud/calls";
import { differenceBetween, type Fingerprint, fingerprintOf } from "./fingerprint";
import type { DroppedFile, PlannedScan } from "./plan";
import { Transfer, type TransferDependencies } from "./transfer";
import { inWords } from "./unreadable";
import type { StoredUpload, UploadStore } from "./upload-store";

/** An earlier upload of a file with the same name and size. */
export interface EarlierUpload {
  /** Null while the earlier one is still on its way. */
  scanId: string | null;
  sentence: string;
}

export type UploadState =
  | { kind: "waiting" }
  | { kind: "packing"; packedBytes: number }
  | { kind: "sending" }
  | { kind: "interrupted"; retryInMs: number }
  | { kind: "paused" }
  | { kind: "doubtful"; earlier: EarlierUpload }
  /** Started before the page was closed, and the browser could not keep the file. */
  | { kind: "missing"; because: string }
  | { kind: "done" }
  | { kind: "failed"; message: string }
  | { kind: "refused"; reason: string };

export type Pack = (
  files: DroppedFile[],
  progress: (packedBytes: number) => void,
  signal: AbortSignal,
) => Promise<Blob>;

export interface UploadDependencies extends Omit<TransferDependencies, "openSession"> {
  openSession: (name: string, body: Blob) => ReturnType<TransferDependencies["openSession"]>;
  pack: Pack;
  now: () => number;
  store: UploadStore;
  /** Finds a scan that was made of a file of this name and size. */
  findEarlierUpload: (name: string, bytes: number) => Promise<EarlierUpload | null>;
}

const SPEED_OVER_MS = 4_000;
const NOT_KEPT = "This browser had no room to keep the file. Choose it again to go on.";

/** One upload, a line of the tray. */
export class Upload {
  readonly state = signal<UploadState>({ kind: "waiting" });
  readonly sentBytes = signal(0);
  readonly bytesPerSecond = signal(0);
  readonly totalBytes = signal(0);
  readonly fraction = computed(() =>
    this.totalBytes.value > 0 ? this.sentBytes.value / this.totalBytes.value : 0,
  );
  readonly secondsLeft = computed(() =>
    this.bytesPerSecond.value > 0
      ? (this.totalBytes.value - this.sentBytes.value) / this.bytesPerSecond.value
      : null,
  );
  /** The object's place in the bucket, once the server has chosen its name. */
  readonly object = signal<{ bucket: string; name: string } | null>(null);
  /** True if the browser stores everything needed to go on after a reload. */
  readonly kept = signal(false);

  /** The file or the packed files; the browser's copy of it as soon as there is one. */
  private body: Blob | null = null;
  private begun: Fingerprint | null = null;
  private begunSession: UploadSession | null = null;
  private keeping: Promise<void> | null = null;
  private hasLeft = false;
  private repeatAccepted = false;
  private transfer: Transfer | null = null;
  private abort = new AbortController();
  private samples: { at: number; bytes: number }[] = [];

  constructor(
    readonly id: string,
    private readonly owner: string,
    public scan: PlannedScan,
    private readonly deps: UploadDependencies,
  ) {
    this.totalBytes.value = scan.files.reduce((sum, { file }) => sum + file.size, 0);
  }

  /** An upload as it was when the page was closed. */
  static fromStore(
    { id, owner, name, fingerprint, session, paused }: StoredUpload,
    body: Blob | null,
    deps: UploadDependencies,
  ): Upload {
    const upload = new Upload(id, owner, { name, files: [], arePictures: false }, deps);
    upload.begun = fingerprint;
    upload.repeatAccepted = session !== null;
    upload.totalBytes.value = fingerprint.size;
    upload.begunSession = session;
    upload.body = body;
    upload.kept.value = body !== null;
    if (session) upload.object.value = { bucket: session.bucket, name: session.objectName };
    if (!body) upload.state.value = { kind: "missing", because: NOT_KEPT };
    else if (paused) upload.state.value = { kind: "paused" };
    return upload;
  }

  /** True while it takes one of the places for uploads at the same time. */
  get active(): boolean {
    return ["packing", "sending", "interrupted"].includes(this.state.peek().kind);
  }

  get finished(): boolean {
    return ["done", "refused"].includes(this.state.value.kind);
  }

  /** Packs what needs packing and sends; ends when done, paused, cancelled, doubtful or failed. */
  async run(): Promise<void> {
    this.abort = new AbortController();
    this.samples = [];
    const { signal: abortSignal } = this.abort;
    try {
      const body = (this.body ??= await this.pack(abortSignal));
      this.totalBytes.value = body.size;
      if (!(await this.isWhatWasBegun(body))) return;
      void this.keepContent(body);
      if (!(await this.isNew(body))) return;
      abortSignal.throwIfAborted();
      this.transfer ??= this.transferOf(this.body); // it may be a copy by now
      this.state.value = { kind: "sending" };
      await this.transfer.run(abortSignal);
      this.state.value = { kind: "done" };
      this.leaveStore();
    } catch (error) {
      if (abortSignal.aborted) return; // pause and cancel have set the state
      if (!this.transfer?.session) this.sentBytes.value = 0; // the next try begins at the start
      this.state.value = { kind: "failed", message: inWords(error) };
    } finally {
      this.bytesPerSecond.value = 0;
    }
  }

  /**
   * Has the browser store the file before its turn has come. Several files are packed first, and
   * the file of an earlier page is compared first: both happen when its turn comes.
   */
  async keepAhead(): Promise<void> {
    const [first, ...others] = this.scan.files;
    if (!first || others.length > 0) return;
    if (this.begun) return this.keeping ?? undefined;
    try {
      this.begun = await fingerprintOf(this.scan.name, first.file);
      await this.keepContent(first.file);
    } catch {
      // It can't be read now. That is shown when its turn comes: it may be there again by then.
    }
  }

  pause(): void {
    this.state.value = { kind: "paused" };
    this.abort.abort();
    this.storeProgress();
  }

  /** Waits for its turn again. */
  resume(): void {
    this.repeatAccepted = true;
    this.state.value = { kind: "waiting" };
    this.storeProgress();
  }

  cancel(): void {
    this.abort.abort();
    this.leaveStore();
  }

  /** Stops and stays stored: the owner can go on another time. */
  putAway(): void {
    this.abort.abort();
  }

  /** Takes the file again that the browser could not keep; `run` checks that it is the same. */
  adopt(scan: PlannedScan): void {
    this.scan = scan;
    this.state.value = { kind: "waiting" };
  }

  private async pack(abortSignal: AbortSignal): Promise<Blob> {
    const [first, ...others] = this.scan.files;
    if (first && others.length === 0) return first.file;
    const progress = (packedBytes: number): void => {
      this.state.value = { kind: "packing", packedBytes };
    };
    progress(0);
    return this.deps.pack(this.scan.files, progress, abortSignal);
  }

  private async isWhatWasBegun(body: Blob): Promise<boolean> {
    const chosen = await fingerprintOf(this.scan.name, body);
    const difference = this.begun && !this.kept.peek() && differenceBetween(this.begun, chosen);
    if (difference) {
      this.body = null;
      this.state.value = {
        kind: "missing",
        because: `This is not the file whose upload was started: ${difference}. Choose that one.`,
      };
      return false;
    }
    this.begun ??= chosen;
    return true;
  }

  private async isNew(body: Blob): Promise<boolean> {
    if (this.repeatAccepted) return true;
    const earlier = await this.deps.findEarlierUpload(this.scan.name, body.size);
    if (earlier) this.state.value = { kind: "doubtful", earlier };
    return earlier === null;
  }

  private transferOf(body: Blob): Transfer {
    return new Transfer(
      body,
      {
        put: this.deps.put,
        wait: this.deps.wait,
        openSession: async () => {
          const session = await this.deps.openSession(this.scan.name, body);
          this.object.value = { bucket: session.bucket, name: session.objectName };
          this.begunSession = session;
          this.storeProgress();
          return session;
        },
      },
      {
        sent: (bytes) => this.count(bytes),
        interrupted: (retryInMs) => (this.state.value = { kind: "interrupted", retryInMs }),
      },
      this.begunSession,
    );
  }

  // An upload works without the store, too; the page then asks before it is closed.

  private keepContent(body: Blob): Promise<void> {
    if (this.kept.peek() || this.hasLeft) return Promise.resolve();
    return (this.keeping ??= this.copyContent(body).finally(() => (this.keeping = null)));
  }

  private async copyContent(body: Blob): Promise<void> {
    this.storeProgress();
    const copy = await this.deps.store.keepBody(this.id, body).catch(() => null);
    this.kept.value = copy !== null;
    if (this.hasLeft) return this.leaveStore(); // it was over before the copy was made
    if (!copy) return;
    this.body = copy; // the file itself is no longer needed
    if (this.transfer) this.transfer.body = copy;
  }

  private storeProgress(): void {
    if (!this.begun || this.hasLeft) return;
    const { id, owner, begun: fingerprint, begunSession: session } = this;
    const paused = this.state.peek().kind === "paused";
    const keptAtMs = this.deps.now();
    const { name } = this.scan;
    this.deps.store
      .keep({ id, owner, name, fingerprint, session, paused, keptAtMs })
      .catch(() => (this.kept.value = false));
  }

  private leaveStore(): void {
    this.hasLeft = true;
    this.deps.store.remove(this.id).catch(() => {}); // then it is not stored either
  }

  private count(bytes: number): void {
    if (this.abort.signal.aborted) return;
    if (this.state.peek().kind !== "sending") this.state.value = { kind: "sending" };
    this.sentBytes.value = bytes;
    const at = this.deps.now();
    this.samples = [...this.samples.filter((s) => at - s.at < SPEED_OVER_MS), { at, bytes }];
    const oldest = this.samples[0];
    if (oldest && at > oldest.at) {
      this.bytesPerSecond.value = Math.max(0, ((bytes - oldest.bytes) * 1000) / (at - oldest.at));
    }
  }
}
