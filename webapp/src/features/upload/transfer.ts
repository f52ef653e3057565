import type { UploadSession } from "../../cloud/calls";
import type { CloudError } from "../../cloud/errors";
import { Disconnected, type PutChunk } from "./put-chunk";

export const CHUNK_BYTES = 8 * 1024 * 1024;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/** An error that ends the upload: it would have to start over, or would fail again. */
export class TransferRefused extends Error {}

export interface TransferDependencies {
  openSession: (body: Blob) => Promise<UploadSession>;
  put: PutChunk;
  /** Waits, or returns early when the network comes back; rejects when the signal aborts. */
  wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

export interface TransferEvents {
  sent: (bytes: number) => void;
  interrupted: (retryInMs: number) => void;
}

/**
 * The transfer of one file to a resumable upload session of Cloud Storage.
 *
 * `run` may be aborted at any time and called again: it asks the session how many bytes it has and
 * goes on from there. While the network is lost or the server busy it waits, with growing pauses.
 */
export class Transfer {
  /** `session` is one that was opened before, perhaps by a page that was closed. */
  constructor(
    /** May be replaced by a copy at any time. */
    public body: Blob,
    private readonly deps: TransferDependencies,
    private readonly events: TransferEvents,
    public session: UploadSession | null = null,
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    let offset: number | null = this.session ? null : 0; // null: ask the session
    for (let failures = 0; ;) {
      try {
        this.session ??= await this.deps.openSession(this.body);
        signal.throwIfAborted();
        const next: number | "complete" =
          offset === null ? await this.ask(signal) : await this.sendChunk(offset, signal);
        if (next === "complete") break;
        failures = next === offset ? failures : 0;
        offset = next;
        this.events.sent(offset);
      } catch (error) {
        if (!isPassing(error)) throw error;
        const pause = Math.min(FIRST_WAIT_MS * 2 ** failures++, LONGEST_WAIT_MS);
        this.events.interrupted(pause);
        await this.deps.wait(pause, signal);
        offset = this.session ? null : 0;
      }
    }
    this.events.sent(this.body.size);
  }

  private ask(signal: AbortSignal): Promise<number | "complete"> {
    return this.put(null, `bytes */${this.body.size}`, 0, signal);
  }

  private async sendChunk(offset: number, signal: AbortSignal): Promise<number | "complete"> {
    const end = Math.min(offset + CHUNK_BYTES, this.body.size);
    const range = `bytes ${offset}-${end - 1}/${this.body.size}`;
    // Read before it is sent, since a request fails in the same way without file and network.
    const chunk = new Blob([await this.body.slice(offset, end).arrayBuffer()]);
    signal.throwIfAborted();
    return this.put(chunk, range, offset, signal);
  }

  private async put(
    chunk: Blob | null,
    range: string,
    offset: number,
    signal: AbortSignal,
  ): Promise<number | "complete"> {
    const url = (this.session as UploadSession).uploadUrl;
    const progress = (sent: number): void => this.events.sent(offset + sent);
    const { status, received } = await this.deps.put(url, chunk, range, progress, signal);
    if (status === 200 || status === 201) return "complete";
    if (status === 308) return received ?? 0;
    if (status === 408 || status === 429 || status >= 500) {
      throw new Disconnected(`The upload server is busy (HTTP ${status}).`);
    }
    this.session = null; // whatever the reason, this session takes no more bytes
    throw new TransferRefused(
      status === 404 || status === 410
        ? "The upload was open for too long. Try again from the start."
        : `The upload server refused the file (HTTP ${status}).`,
    );
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof Disconnected || (error as CloudError).code === "unreachable";
}
