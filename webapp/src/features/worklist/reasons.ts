import type { Scan } from "../../cloud/documents";

/** A reason that several scans were not read for. */
export interface Reason {
  readonly code: string;
  /** The sentence that the first of them has. */
  readonly message: string;
  readonly ids: readonly string[];
}

/** The reasons that two scans or more share, the most frequent first. */
export function reasonsOf(scans: readonly Scan[]): readonly Reason[] {
  const shared = new Map<string, { message: string; ids: string[] }>();
  for (const { id, status, error } of scans) {
    if (!error || (status !== "failed" && status !== "dead")) continue;
    const reason = shared.get(error.code);
    if (reason) reason.ids.push(id);
    else shared.set(error.code, { message: error.message, ids: [id] });
  }
  return [...shared]
    .map(([code, reason]) => ({ code, ...reason }))
    .filter(({ ids }) => ids.length > 1)
    .toSorted((a, b) => b.ids.length - a.ids.length);
}
