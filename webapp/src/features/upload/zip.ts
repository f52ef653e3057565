import type { DroppedFile } from "./plan";

export type ZipRequest = DroppedFile[];
export type ZipReply = { packed: number } | { zip: Blob } | { error: string };

/** Packs files into one zip in a worker; `progress` hears the bytes packed so far. */
export function zipInWorker(
  files: DroppedFile[],
  progress: (packedBytes: number) => void,
  signal: AbortSignal,
): Promise<Blob> {
  const worker = new Worker(new URL("./zip.worker.ts", import.meta.url), { type: "module" });
  return new Promise<Blob>((done, failed) => {
    signal.addEventListener("abort", () => failed(signal.reason));
    worker.addEventListener("error", () => failed(new Error("The files can't be packed.")));
    worker.addEventListener("message", ({ data }: MessageEvent<ZipReply>) => {
      if ("packed" in data) progress(data.packed);
      else if ("zip" in data) done(data.zip);
      else failed(new Error(data.error));
    });
    worker.postMessage(files);
  }).finally(() => worker.terminate());
}
