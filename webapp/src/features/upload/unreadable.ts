/** The sentence for a file that is gone, was changed since it was chosen, or is locked. */
export const UNREADABLE =
  "The browser can't open this file. Is it still there, and are you allowed to read it?";

/** The error as a sentence; a browser's own words for an unreadable file are replaced. */
export function inWords(error: unknown): string {
  return error instanceof DOMException ? UNREADABLE : (error as Error).message;
}
