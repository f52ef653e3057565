import type { Scan } from "../../cloud/documents";
import { serverTime } from "../../cloud/server-time";
import { ago } from "../../ui/format";
import { fileName } from "../../ui/scan-words";
import type { EarlierUpload } from "./upload";

const TIMEOUT_MS = 3_000;

/**
 * Asks the database for a scan of a file with the same name and size; null if there is none. It
 * does not wait for long: without an answer the upload goes on, at worst as a second copy.
 */
export async function findEarlierUpload(
  ofSize: (bytes: number) => Promise<Scan[]>,
  name: string,
  bytes: number,
): Promise<EarlierUpload | null> {
  const nothing = new Promise<Scan[]>((done) => setTimeout(() => done([]), TIMEOUT_MS));
  const scans = await Promise.race([ofSize(bytes).catch(() => []), nothing]);
  const earlier = scans.find((scan) => fileName(scan) === name.normalize("NFC"));
  if (!earlier) return null;
  const when = ago(earlier.createdAt.toMillis(), serverTime.now());
  const who = earlier.uploadedBy ? ` by ${earlier.uploadedBy}` : "";
  return {
    scanId: earlier.id,
    sentence: `A file of this name and size was uploaded ${when}${who}.`,
  };
}
