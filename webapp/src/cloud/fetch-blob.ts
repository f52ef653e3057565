import { CloudError } from "./errors";

/** Bytes of a file. */
export interface Bytes {
  start: number;
  size: number;
}

/**
 * Downloads what a signed URL points to, or some bytes of it; rejects with a `CloudError`, also when aborted. The browser
 * keeps no copy of its own: it would outlast the sign-out on a computer that others use, too.
 */
export async function fetchBlob(
  url: string,
  abortSignal?: AbortSignal,
  bytes?: Bytes,
): Promise<Blob> {
  try {
    const response = await fetch(url, {
      cache: "no-store",
      headers: bytes ? { Range: `bytes=${bytes.start}-${bytes.start + bytes.size - 1}` } : {},
      signal: abortSignal ?? null,
    });
    if (!response.ok) {
      throw new CloudError("refused", `The store answered HTTP ${response.status}.`);
    }
    const blob = await response.blob();
    const isWhole = response.status === 200; // a proxy on the way may know no ranges
    return bytes && isWhole ? blob.slice(bytes.start, bytes.start + bytes.size) : blob;
  } catch (error) {
    if (error instanceof CloudError) throw error;
    throw new CloudError("unreachable", "The store can't be reached. Check the network.");
  }
}
