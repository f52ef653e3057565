import { CloudError } from "./cloud";

/** What lies at a signed URL, all of it within `patienceMs`; rejects with a `CloudError`. */
export async function fetchBlob(url: string, patienceMs?: number): Promise<Blob> {
  try {
    const signal = patienceMs === undefined ? null : AbortSignal.timeout(patienceMs);
    const response = await fetch(url, { signal });
    if (!response.ok) {
      throw new CloudError("refused", `The store answered HTTP ${response.status}.`);
    }
    return await response.blob();
  } catch (error) {
    if (error instanceof CloudError) throw error;
    throw new CloudError("unreachable", "The store can't be reached. Check the network.");
  }
}
