import { SCAN_MAX_BYTES } from "../../limits";
import { readDicomHeader } from "./dicom";
import { archiveProblem, dataFileIn, metaImageProblem, niftiProblem, pixelsOf } from "./headers";

/** The kind of a file, from its first bytes and its name; `reason` is a sentence for the person. */
export type Identity =
  | { kind: "volume" | "archive" }
  /** `pixels` such as "512x512", where the header says it. */
  | { kind: "picture"; pixels: string | null }
  /** `series` as its scanner named it; files of one series are the slices of one scan. */
  | { kind: "dicom"; series: string | null; description: string }
  | { kind: "unreadable"; reason: string };

const HEAD_BYTES = 64 * 1024;

type Content = "metaimage" | "nifti" | "nrrd" | "gzip" | "zip" | "png" | "jpeg" | "dicom" | null;

/** Known extensions, the longest first, with the kind of file that each promises. */
const PROMISES: readonly [string, Content][] = [
  [".nii.gz", "gzip"],
  [".nii", "nifti"],
  [".nrrd", "nrrd"],
  [".mha", "metaimage"],
  [".mhd", "metaimage"],
  [".zip", "zip"],
];

export const READABLE = "MHA, NIfTI, NRRD, DICOM, JPG, PNG or a zip of a study";

export async function identify(file: File): Promise<Identity> {
  if (file.size === 0) return unreadable("The file is empty.");
  if (file.size > SCAN_MAX_BYTES) {
    return unreadable(`The file is larger than ${SCAN_MAX_BYTES / 1024 ** 3} GiB.`);
  }
  const name = file.name.toLowerCase();
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  const content = sniff(head);
  const [extension, promised] = PROMISES.find(([ending]) => name.endsWith(ending)) ?? [];
  if (extension && content !== promised) {
    return unreadable(`The name ends in ${extension}, but the content is something else.`);
  }
  switch (content) {
    case "png":
    case "jpeg":
      return { kind: "picture", pixels: pixelsOf(head) };
    case "dicom":
      return identifyDicom(head);
    case "metaimage":
      return extension ? unless(metaImageProblem(head), "volume") : unknown();
    case "nifti":
    case "nrrd":
      return extension ? { kind: "volume" } : unknown();
    case "gzip":
      return extension ? unless(await niftiProblem(head), "volume") : unknown();
    case "zip":
      return extension ? unless(await archiveProblem(file), "archive") : unknown();
    case null:
      return unknown();
  }
}

/** The name of the file that holds an .mhd header's pixels; null for all other files. */
export async function pixelsFileOf(file: File): Promise<string | null> {
  if (!file.name.toLowerCase().endsWith(".mhd")) return null;
  return dataFileIn(new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer()));
}

async function identifyDicom(head: Uint8Array): Promise<Identity> {
  const header = await readDicomHeader(head);
  if (header?.hasNoPicture) {
    return unreadable(`This DICOM file holds no picture (${header.modality}).`);
  }
  return {
    kind: "dicom",
    series: header?.series ?? null,
    description: header?.description ?? "",
  };
}

function unless(problem: string | null, kind: "volume" | "archive"): Identity {
  return problem ? unreadable(problem) : { kind };
}

function unknown(): Identity {
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
  if (starts(0x50, 0x4b, 0x03, 0x04) || starts(0x50, 0x4b, 0x05, 0x06)) return "zip";
  if (starts(0x1f, 0x8b)) return "gzip";
  if (textAt(128, 132) === "DICM") return "dicom";
  // Without a preamble a file begins with an element of group 0002 or 0008.
  const second = textAt(4, 6);
  const isElement = /^[A-Z]{2}$/.test(second) || (head[6] === 0 && head[7] === 0);
  if ((starts(0x08, 0) || starts(0x02, 0)) && head[3] === 0 && isElement) return "dicom";
  if (textAt(0, 6) === "NRRD00") return "nrrd";
  if (starts(0x5c, 0x01, 0, 0) || starts(0, 0, 0x01, 0x5c)) return "nifti"; // header of 348 bytes
  if (starts(0x1c, 0x02, 0, 0) || starts(0, 0, 0x02, 0x1c)) return "nifti"; // of 540: NIfTI-2
  if (/^\s*NDims\s*=/m.test(textAt(0, 4096))) return "metaimage";
  return null;
}
