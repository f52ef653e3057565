/** The upload server's answer; `received` is the number of bytes it has, if it says so. */
export interface ChunkReply {
  status: number;
  received: number | null;
}

/** PUTs part of a file, or with no body asks for the state; rejects with `Disconnected`. */
export type PutChunk = (
  url: string,
  body: Blob | null,
  contentRange: string,
  progress: (sentBytes: number) => void,
  signal: AbortSignal,
) => Promise<ChunkReply>;

/** The network was lost, or the server did not answer as one. */
export class Disconnected extends Error {}

/** Sends by XMLHttpRequest, because `fetch` reports no progress of what it sends. */
export const putChunk: PutChunk = (url, body, contentRange, progress, signal) =>
  new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    const abort = (): void => request.abort();
    request.open("PUT", url);
    request.setRequestHeader("Content-Range", contentRange);
    request.upload.onprogress = (event) => progress(event.loaded);
    request.onload = () => done({ status: request.status, received: receivedBytes(request) });
    request.onerror = () => failed(new Disconnected("The connection was lost."));
    request.onabort = () => failed(signal.reason);
    request.onloadend = () => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort);
    request.send(body);
  });

/** "bytes=0-8388607" → 8388608. */
function receivedBytes(request: XMLHttpRequest): number | null {
  const range = /^bytes=0-(\d+)$/.exec(request.getResponseHeader("Range") ?? "");
  return range ? Number(range[1]) + 1 : null;
}
