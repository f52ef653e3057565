/** What the first bytes and the name say about a file; `reason` is a sentence for the person. */
export type Identity =
  { kind: "volume" | "archive" | "picture" | "dicom" } | { kind: "unreadable"; reason: string };

const MAX_BYTES = 2 * 1024 ** 3; // as the API and the worker allow
const SNIFFED_BYTES = 4096;

type Content = "metaimage" | "nifti" | "gzip" | "zip" | "png" | "jpeg" | "dicom" | null;

/** The extensions that promise something, longest first, and what they promise. */
const PROMISES: readonly [string, Content, Identity][] = [
  [".nii.gz", "gzip", { kind: "volume" }],
  [".nii", "nifti", { kind: "volume" }],
  [".mha", "metaimage", { kind: "volume" }],
  [".zip", "zip", { kind: "archive" }],
];

export const READABLE = "MHA, NIfTI, DICOM, JPG, PNG or a zip of a series";

export async function identify(file: File): Promise<Identity> {
  if (file.size === 0) return unreadable("The file is empty.");
  if (file.size > MAX_BYTES) return unreadable("The file is larger than 2 GiB.");
  const name = file.name.toLowerCase();
  if (name.endsWith(".mhd")) {
    return unreadable("An .mhd file keeps its pixels in another file. Save the scan as .mha.");
  }
  const content = sniff(new Uint8Array(await file.slice(0, SNIFFED_BYTES).arrayBuffer()));
  for (const [extension, promised, identity] of PROMISES) {
    if (!name.endsWith(extension)) continue;
    return content === promised
      ? identity
      : unreadable(`The name ends in ${extension}, but the content is something else.`);
  }
  if (content === "png" || content === "jpeg") return { kind: "picture" };
  if (content === "dicom") return { kind: "dicom" };
  return unreadable(`This is no scan that DiscAI can read (${READABLE}).`);
}

function unreadable(reason: string): Identity {
  return { kind: "unreadable", reason };
}

function sniff(head: Uint8Array): Content {
  const starts = (...bytes: number[]): boolean => bytes.every((byte, i) => head[i] === byte);
  const textAt = (from: number, to: number): string =>
    String.fromCharCode(...head.subarray(from, to));
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return "png";
  if (starts(0xff, 0xd8, 0xff)) return "jpeg";
  if (starts(0x50, 0x4b, 0x03, 0x04)) return "zip";
  if (starts(0x1f, 0x8b)) return "gzip";
  if (textAt(128, 132) === "DICM") return "dicom";
  if (starts(0x5c, 0x01, 0, 0) || starts(0, 0, 0x01, 0x5c)) return "nifti"; // header of 348 bytes
  if (starts(0x1c, 0x02, 0, 0) || starts(0, 0, 0x02, 0x1c)) return "nifti"; // of 540: NIfTI-2
  if (/^\s*NDims\s*=/m.test(textAt(0, head.length))) return "metaimage";
  return null;
}
