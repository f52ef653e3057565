import { CloudError } from "./cloud";

/** What lies at a signed URL; rejects with a `CloudError`. */
export async function fetchBlob(url: string): Promise<Blob> {
  let response: Response;
  try {
    response = await fetch(url);
  } catch {
    throw new CloudError("unreachable", "The store can't be reached. Check the network.");
  }
  if (!response.ok) {
    throw new CloudError("refused", `The store answered HTTP ${response.status}.`);
  }
  return response.blob();
}
