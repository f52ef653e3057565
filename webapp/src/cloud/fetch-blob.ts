import { CloudError } from "./errors";

/**
 * Downloads what a signed URL points to; rejects with a `CloudError`, also when aborted. The browser
 * keeps no copy of its own: it would outlast the sign-out on a computer that others use, too.
 */
export async function fetchBlob(url: string, abortSignal?: AbortSignal): Promise<Blob> {
  try {
    const response = await fetch(url, { cache: "no-store", signal: abortSignal ?? null });
    if (!response.ok) {
      throw new CloudError("refused", `The store answered HTTP ${response.status}.`);
    }
    return await response.blob();
  } catch (error) {
    if (error instanceof CloudError) throw error;
    throw new CloudError("unreachable", "The store can't be reached. Check the network.");
  }
}
