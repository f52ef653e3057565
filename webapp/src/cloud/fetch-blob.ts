import { CloudError } from "./errors";

/** Downloads what a signed URL points to; rejects with a `CloudError`, also when aborted. */
export async function fetchBlob(url: string, abortSignal?: AbortSignal): Promise<Blob> {
  try {
    const response = await fetch(url, { signal: abortSignal ?? null });
    if (!response.ok) {
      throw new CloudError("refused", `The store answered HTTP ${response.status}.`);
    }
    return await response.blob();
  } catch (error) {
    if (error instanceof CloudError) throw error;
    throw new CloudError("unreachable", "The store can't be reached. Check the network.");
  }
}
