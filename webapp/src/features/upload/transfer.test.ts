import { describe, expect, it } from "vitest";
import { RemovableFile } from "../../testing/removable-file";
import { Disconnected, type PutChunk } from "./put-chunk";
import { CHUNK_BYTES, Transfer } from "./transfer";

/** A resumable session that holds bytes, and goes wrong when the test says so. */
class FakeServer {
  received = 0;
  requests: string[] = [];
  failNext: (() => number | "disconnect")[] = [];
  sessions = 0;

  constructor(readonly size: number) {}

  put: PutChunk = async (_url, body, range) => {
    this.requests.push(range);
    const trouble = this.failNext.shift()?.();
    if (trouble === "disconnect") throw new Disconnected("lost");
    if (typeof trouble === "number") return { status: trouble, received: null };
    if (body) this.received += body.size;
    return this.received === this.size
      ? { status: 200, received: null }
      : { status: 308, received: this.received || null };
  };
}

function transferTo(server: FakeServer, body = new Blob([new Uint8Array(server.size)])) {
  const sent: number[] = [];
  const waits: number[] = [];
  const transfer = new Transfer(
    body,
    {
      openSession: async () => {
        server.sessions += 1;
        return { uploadUrl: "session", bucket: "b", objectName: "o" };
      },
      put: server.put,
      wait: async (milliseconds, signal) => {
        waits.push(milliseconds);
        signal.throwIfAborted();
      },
    },
    { sent: (bytes) => sent.push(bytes), interrupted: () => {} },
  );
  return { transfer, sent, waits };
}

const SIZE = CHUNK_BYTES + 100;
const FIRST = `bytes 0-${CHUNK_BYTES - 1}/${SIZE}`;
const SECOND = `bytes ${CHUNK_BYTES}-${SIZE - 1}/${SIZE}`;
const QUESTION = `bytes */${SIZE}`;

describe("a resumable transfer", () => {
  it("sends 8 MiB chunks and counts what arrived", async () => {
    const server = new FakeServer(SIZE);
    const { transfer, sent } = transferTo(server);
    await transfer.run(new AbortController().signal);
    expect(server.requests).toEqual([FIRST, SECOND]);
    expect(sent.at(-1)).toBe(SIZE);
  });

  it("asks for the offset after a lost connection and goes on from there", async () => {
    const server = new FakeServer(SIZE);
    server.failNext = [() => 308, () => "disconnect"];
    server.received = CHUNK_BYTES; // the answer was lost, the bytes were not
    const { transfer, waits } = transferTo(server);
    await transfer.run(new AbortController().signal);
    expect(server.requests.slice(-2)).toEqual([QUESTION, SECOND]);
    expect(waits).toHaveLength(1);
    expect(server.sessions).toBe(1);
  });

  it("waits longer each time the server stays away", async () => {
    const server = new FakeServer(SIZE);
    server.failNext = [() => 503, () => "disconnect", () => 429, () => "disconnect"];
    const { transfer, waits } = transferTo(server);
    await transfer.run(new AbortController().signal);
    expect(waits).toEqual([1000, 2000, 4000, 8000]);
    expect(server.received).toBe(SIZE);
  });

  it("is done when the lost answer was the last one", async () => {
    const server = new FakeServer(100);
    server.failNext = [
      () => {
        server.received = 100;
        return "disconnect";
      },
    ];
    const { transfer } = transferTo(server);
    await transfer.run(new AbortController().signal);
    expect(server.requests.at(-1)).toBe("bytes */100");
  });

  it("goes on in the same session after an abort", async () => {
    const server = new FakeServer(SIZE);
    const pause = new AbortController();
    server.failNext = [
      () => {
        server.received = CHUNK_BYTES;
        pause.abort();
        return "disconnect";
      },
    ];
    const { transfer } = transferTo(server);
    await expect(transfer.run(pause.signal)).rejects.toThrow();
    await transfer.run(new AbortController().signal);
    expect(server.requests).toEqual([FIRST, QUESTION, SECOND]);
    expect(server.sessions).toBe(1);
  });

  it("does not wait for a network where the file is gone, and goes on with a copy of it", async () => {
    const server = new FakeServer(SIZE);
    const file = new RemovableFile([new Uint8Array(SIZE)], "a.mha");
    const { transfer, waits } = transferTo(server, file);
    server.failNext = [
      () => {
        server.received = CHUNK_BYTES;
        file.isRemoved = true;
        return 308;
      },
    ];
    const { signal } = new AbortController();
    await expect(transfer.run(signal)).rejects.toThrow(DOMException);
    transfer.body = new Blob([new Uint8Array(SIZE)]);
    await transfer.run(signal);
    expect(server.requests).toEqual([FIRST, QUESTION, SECOND]);
    expect(waits).toEqual([]);
  });

  it("begins a new session when the old one is gone", async () => {
    const server = new FakeServer(100);
    server.failNext = [() => 410];
    const { transfer } = transferTo(server);
    const { signal } = new AbortController();
    await expect(transfer.run(signal)).rejects.toThrow("open for too long");
    await transfer.run(signal);
    expect(server.sessions).toBe(2);
  });
});
