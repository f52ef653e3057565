import { Zip, ZipDeflate, ZipPassThrough } from "fflate";
import { inWords } from "./unreadable";
import type { ZipReply, ZipRequest } from "./zip";

/**
 * Packs the files in their order, one after the other, so that memory holds one at a time: what is
 * packed goes into blobs, which the browser may keep on the disk.
 */
addEventListener("message", async ({ data: files }: MessageEvent<ZipRequest>) => {
  try {
    const zip = await pack(files, (packed) => reply({ packed }));
    reply({ zip });
  } catch (error) {
    reply({ error: inWords(error) });
  }
});

function reply(message: ZipReply): void {
  postMessage(message);
}

async function pack(files: ZipRequest, progress: (packedBytes: number) => void): Promise<Blob> {
  const parts: BlobPart[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    parts.push(new Blob([chunk]));
  });
  let packed = 0;
  for (const { path, file } of files) {
    // PNG and JPEG are compressed already; DICOM mostly isn't.
    const entry = file.type.startsWith("image/")
      ? new ZipPassThrough(path)
      : new ZipDeflate(path, { level: 1 });
    entry.mtime = file.lastModified; // the same files make the same zip, byte for byte
    zip.add(entry);
    entry.push(new Uint8Array(await file.arrayBuffer()), true);
    packed += file.size;
    progress(packed);
  }
  zip.end();
  return new Blob(parts, { type: "application/zip" });
}
