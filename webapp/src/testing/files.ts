/** The beginnings of files, enough for code that reads only headers. */

export function aPng(width = 512, height = 512): Uint8Array<ArrayBuffer> {
  const head = new Uint8Array(26);
  head.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]);
  const view = new DataView(head.buffer);
  view.setUint32(16, width);
  view.setUint32(20, height);
  return head;
}

export function aJpeg(width: number, height: number): Uint8Array<ArrayBuffer> {
  const comment = [0xff, 0xfe, 0, 4, 0x68, 0x69];
  const frame = [0xff, 0xc0, 0, 11, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 1];
  return new Uint8Array([0xff, 0xd8, ...comment, ...frame, 0x11, 0]);
}

interface DicomTraits {
  series?: string;
  description?: string;
  modality?: string;
}

/** A Part 10 file in explicit little endian that ends after its series. */
export function aDicom(traits: DicomTraits = {}): Uint8Array<ArrayBuffer> {
  const { series, description, modality = "MR" } = traits;
  const syntax = element(0x0002, 0x0010, "UI", "1.2.840.10008.1.2.1");
  const length = element(0x0002, 0x0000, "UL", [syntax.length, 0, 0, 0]);
  return new Uint8Array([
    ...new Uint8Array(128),
    ...text("DICM"),
    ...length,
    ...syntax,
    ...element(0x0008, 0x0060, "CS", modality),
    ...(description ? element(0x0008, 0x103e, "LO", description) : []),
    ...(series ? element(0x0020, 0x000e, "UI", series) : []),
  ]);
}

const text = (words: string): number[] => [...new TextEncoder().encode(words)];

function element(group: number, tag: number, vr: string, value: string | number[]): number[] {
  const bytes = typeof value === "string" ? text(value) : value;
  if (bytes.length % 2) bytes.push(vr === "UI" ? 0 : 0x20);
  const words = [group, tag].flatMap((word) => [word & 255, word >> 8]);
  return [...words, ...text(vr), bytes.length, 0, ...bytes];
}
