import { ARCHIVE_MAX_FILES, ARCHIVE_MAX_UNPACKED_BYTES } from "../../limits";

// Checks of headers before anything is sent; the server checks the whole files again.

const END_OF_ZIP = 0x06054b50;
const ZIP_ENTRY = 0x02014b50;
const LONGEST_END_BYTES = 66_000; // the end record with the longest comment
const ENTRY_BYTES = 46;
const ENCRYPTED = 1;

/** The size of a PNG or JPEG, such as "512x384"; null if its header does not say. */
export function pixelsOf(head: Uint8Array): string | null {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const isPng = head[0] === 0x89 && head.length >= 24;
  if (isPng) return `${view.getUint32(16)}x${view.getUint32(20)}`;
  for (let at = 2; at + 9 <= head.length && head[at] === 0xff;) {
    const marker = head[at + 1] as number;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return `${view.getUint16(at + 7)}x${view.getUint16(at + 5)}`;
    at += 2 + view.getUint16(at + 2);
  }
  return null;
}

/** The reason why a MetaImage can't be read, as in `discai/scan/mha.py`; null if it can. */
export function metaImageProblem(head: Uint8Array): string | null {
  const other = dataFileIn(head);
  if (other) return `The pixels are in another file, ${other}; drop both files together.`;
  // A fourth axis of one pixel is fine, and so is a single slice; the server looks at the sizes.
  const isImage = ["2", "3", "4"].includes(metaImageValue(head, "NDims") ?? "");
  return isImage ? null : "The MetaImage file holds no three-dimensional image.";
}

/** The name of the file that holds the pixels of a MetaImage; null where they follow the header. */
export function dataFileIn(head: Uint8Array): string | null {
  const name = metaImageValue(head, "ElementDataFile");
  return name && name.toUpperCase() !== "LOCAL" ? name : null;
}

function metaImageValue(head: Uint8Array, key: string): string | undefined {
  const text = new TextDecoder("latin1").decode(head.subarray(0, 4096));
  return new RegExp(`^\\s*${key}\\s*=\\s*(.*?)\\s*$`, "m").exec(text)?.[1];
}

/** The reason why a .nii.gz can't be read, from its first bytes; null if it can. */
export async function niftiProblem(head: Uint8Array): Promise<string | null> {
  const unzipped = new Blob([head as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream("gzip"))
    .getReader();
  try {
    const { value } = await unzipped.read();
    const size = value && value.length >= 4 ? new DataView(value.buffer).getUint32(0, true) : 0;
    const sizes = [348, 540, 0x5c010000, 0x1c020000];
    return sizes.includes(size) ? null : "There is no NIfTI volume in this .nii.gz file.";
  } catch {
    return "The .nii.gz file is damaged; export it again.";
  } finally {
    void unzipped.cancel().catch(() => {}); // the rest is not needed
  }
}

/** The reason why a zip can't be read, from its contents list, as in `discai/scan/archive.py`. */
export async function archiveProblem(file: File): Promise<string | null> {
  const tail = await viewOf(file, Math.max(0, file.size - LONGEST_END_BYTES), file.size);
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== END_OF_ZIP) end -= 1;
  if (end < 0) return "The archive has no end; zip or download it again.";
  const count = tail.getUint16(end + 10, true);
  const bytes = tail.getUint32(end + 12, true);
  const start = tail.getUint32(end + 16, true);
  // Zip64 writes its numbers elsewhere; the server reads them.
  if (count === 0xffff || bytes === 0xffffffff || start === 0xffffffff) return null;
  if (count === 0) return "The archive holds no files.";
  if (count > ARCHIVE_MAX_FILES) return `The archive holds more than ${ARCHIVE_MAX_FILES} files.`;
  const list = await viewOf(file, start, start + bytes);
  let unpacked = 0;
  for (let at = 0; at + ENTRY_BYTES <= list.byteLength;) {
    if (list.getUint32(at, true) !== ZIP_ENTRY) return "The archive is damaged; zip it again.";
    if (list.getUint16(at + 8, true) & ENCRYPTED) {
      return "The archive is encrypted; zip it without password.";
    }
    unpacked += list.getUint32(at + 24, true);
    const variable = [28, 30, 32].map((offset) => list.getUint16(at + offset, true));
    at += ENTRY_BYTES + variable.reduce((sum, length) => sum + length, 0);
  }
  return unpacked > ARCHIVE_MAX_UNPACKED_BYTES
    ? "The archive's files are too large when unpacked."
    : null;
}

async function viewOf(file: File, from: number, to: number): Promise<DataView> {
  return new DataView(await file.slice(from, to).arrayBuffer());
}
