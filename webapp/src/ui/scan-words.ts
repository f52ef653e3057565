import type { LeftOut, Progress, ScanRecord, SeriesFacts } from "../records";
import { baseName, bytes, plural } from "./format";

/** The name that the uploaded file had. */
export const fileName = (scan: ScanRecord): string =>
  scan.fileName ?? baseName(scan.object.name).normalize("NFC");

/** The worker's current step in words. */
export function progressInWords({ step, done, total }: Progress): string {
  switch (step) {
    case "reading":
      return "opening the file";
    case "segmenting":
      return total > 0 ? `reading slice ${Math.min(done + 1, total)} of ${total}` : "reading";
    case "classifying":
      return "judging the discs";
    case "storing":
      return "storing the result";
  }
}

/** Beginning and end of each step on a progress bar from 0 to 1. */
const SPAN: Record<Progress["step"], readonly [number, number]> = {
  reading: [0, 0.06],
  segmenting: [0.06, 0.8],
  classifying: [0.8, 0.94],
  storing: [0.94, 1],
};

export function progressFraction({ step, done, total }: Progress): number {
  const [from, to] = SPAN[step];
  return from + (to - from) * (total > 0 ? Math.min(done / total, 1) : 0);
}

/** A lease that ended so long ago isn't renewed any more, even if this machine's clock is fast. */
const GONE_MS = 60_000;

/** Whether the worker that had the scan has died; another one takes it up when it is asked to. */
export const isAbandoned = (scan: ScanRecord, nowMs: number): boolean =>
  scan.status === "processing" &&
  scan.lease !== null &&
  scan.lease.until.toMillis() + GONE_MS < nowMs;

/** The reason why there is no result, as a sentence. */
export function failureInWords(scan: ScanRecord): string {
  const reason = scan.error?.message ?? "No reason was stored.";
  return scan.status === "dead" ? `Tried ${plural(scan.attempt, "time")}. ${reason}` : reason;
}

/** A series in a word or two: "1 T2", "2 series" where nothing says its sequence, "T2" without a number. */
export const seriesName = ({ number, sequence }: SeriesFacts): string =>
  [number || "", sequence ?? "series"].join(" ").trim();

/** A list of slices that were copied one by one: its object has no pixels of its own. */
const SLICE_LIST = /(?:^|\/)\.series\/[a-z2-7]{26}\/[0-9]{4,}\.json$/;

/** "4.3 MB, 17 slices", or what of it is known. */
export function sizeInWords({ object, sliceCount }: ScanRecord): string {
  const size = SLICE_LIST.test(object.name) ? [] : [bytes(object.size)];
  const slices = sliceCount === null ? [] : [plural(sliceCount, "slice")];
  return [...size, ...slices].join(", ") || "–";
}

/** The size of an upload and who brought it. */
export function originInWords({ object, uploadedBy, sliceCount }: ScanRecord): string {
  if (SLICE_LIST.test(object.name)) {
    return sliceCount === null ? "loose slices" : plural(sliceCount, "loose slice");
  }
  return `${bytes(object.size)} from ${uploadedBy ?? "gsutil"}`;
}

/** All that an archive held, where none of it could be read. */
export function nothingReadInWords(leftOut: readonly LeftOut[]): string {
  const [first, ...others] = leftOut;
  if (!first) return "it holds no series.";
  const more = others.length > 0 ? ` (and ${plural(others.length, "other thing")})` : "";
  return `${leftOutInWords(first)}${more}`;
}

/** Something of an archive that isn't read, and why. */
export function leftOutInWords({ what, reason, count }: LeftOut): string {
  return `${count > 1 ? `${count} times ` : ""}${what}: ${reason}`;
}
