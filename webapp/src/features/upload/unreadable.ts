/** A file that is gone, was changed since it was chosen, or is locked. */
export const UNREADABLE =
  "The browser can't open this file. Is it still there, and may you read it?";

/** What went wrong, for a person; how a browser says that a file can't be read is for nobody. */
export function inWords(error: unknown): string {
  return error instanceof DOMException ? UNREADABLE : (error as Error).message;
}
