import { type Signal, signal } from "@preact/signals";
import { fetchBlob } from "../../cloud/fetch-blob";

const HEIGHT_PX = 96; // twice what a row shows, for sharp screens
const AT_ONCE = 4;

/** The picture of a scan as one model read it; rejects if it can't be had. */
export type LoadPicture = (scanId: string, modelVersion: string) => Promise<Blob>;

/** Small pictures of key slices, loaded when a row asks for one, and only once. */
export class Thumbnails {
  private readonly urls = new Map<string, Signal<string | null>>();
  private readonly queue: (() => Promise<void>)[] = [];
  private running = 0;

  constructor(private readonly load: LoadPicture) {}

  /** The thumbnail's address; null until it is there. */
  of(scanId: string, modelVersion: string): Signal<string | null> {
    const key = `${scanId}/${modelVersion}`;
    const known = this.urls.get(key);
    if (known) return known;
    const url = signal<string | null>(null);
    this.urls.set(key, url);
    this.queue.push(async () => {
      try {
        const picture = await this.load(scanId, modelVersion);
        if (this.urls.get(key) === url) url.value = URL.createObjectURL(picture);
      } catch {
        this.urls.delete(key); // the row stays without; when it is shown next it tries again
      }
    });
    this.startWaiting();
    return url;
  }

  /** Drops all pictures at sign-out: they show patients. */
  forget(): void {
    for (const url of this.urls.values()) URL.revokeObjectURL(url.peek() ?? "");
    this.urls.clear();
    this.queue.length = 0;
  }

  private startWaiting(): void {
    while (this.running < AT_ONCE && this.queue.length > 0) {
      this.running += 1;
      void this.queue
        .shift()?.()
        .finally(() => {
          this.running -= 1;
          this.startWaiting();
        });
    }
  }
}

/** Loads pictures and makes them as small as a row needs them: old scans have whole overlays. */
export function loadSmall(
  urlOf: (scanId: string, version: string) => Promise<string>,
): LoadPicture {
  return async (scanId, modelVersion) => {
    const bitmap = await createImageBitmap(await fetchBlob(await urlOf(scanId, modelVersion)), {
      resizeHeight: HEIGHT_PX,
      resizeQuality: "medium",
    });
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
    bitmap.close();
    return canvas.convertToBlob({ type: "image/webp", quality: 0.8 });
  };
}
