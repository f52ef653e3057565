/** Properties that tell a file from others without reading all of it. */
export interface Fingerprint {
  name: string;
  size: number;
  /** Milliseconds since 1970; 0 for what was packed here. */
  lastModified: number;
  /** SHA-256 of the first bytes. */
  head: string;
}

const HEAD_BYTES = 256 * 1024;

export async function fingerprintOf(name: string, body: Blob): Promise<Fingerprint> {
  const head = await body.slice(0, HEAD_BYTES).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", head));
  return {
    name,
    size: body.size,
    lastModified: body instanceof File ? body.lastModified : 0,
    head: [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
  };
}

/** The difference between two files in words; null if they are the same. */
export function differenceBetween(begun: Fingerprint, chosen: Fingerprint): string | null {
  if (begun.name !== chosen.name) return "it has another name";
  if (begun.size !== chosen.size) return "it has another size";
  if (begun.lastModified !== chosen.lastModified) return "it was changed since";
  if (begun.head !== chosen.head) return "its content is different";
  return null;
}
