import type { Work } from "./editor";

/** Work that was not saved yet, as it lies on this computer. */
export interface Draft extends Work {
  savedAt: number;
  /** The reader's saved correction whose boxes the work went on from. */
  basedOn: string | null;
}

const PREFIX = "draft ";
const FORGOTTEN_AFTER_MS = 8 * 7 * 86_400_000; // eight weeks

/**
 * The drafts of one reader in the browser's own storage: written at each change, so that a crash
 * or a reload loses nothing.
 */
export class Drafts {
  constructor(
    private readonly storage: Storage,
    private readonly uid: string,
    private readonly now: () => number = Date.now,
  ) {}

  load(scanId: string, modelVersion: string): Draft | null {
    const text = this.storage.getItem(this.key(scanId, modelVersion));
    return text === null ? null : (JSON.parse(text) as Draft);
  }

  /** The model version whose boxes the draft of this scan is about; null without a draft. */
  versionOf(scanId: string): string | null {
    const prefix = this.key(scanId, "");
    const [key] = keysFrom(this.storage, prefix);
    return key?.slice(prefix.length) ?? null;
  }

  /** Throws the browser's error if its storage is full. */
  save(scanId: string, modelVersion: string, work: Omit<Draft, "savedAt">): Draft {
    const draft = { ...work, savedAt: this.now() };
    this.storage.setItem(this.key(scanId, modelVersion), JSON.stringify(draft));
    return draft;
  }

  /** Removes the draft that was saved then, not one that another tab has put in its place. */
  discard(scanId: string, modelVersion: string, savedAt: number): void {
    if (this.load(scanId, modelVersion)?.savedAt !== savedAt) return;
    this.storage.removeItem(this.key(scanId, modelVersion));
  }

  private key(scanId: string, modelVersion: string): string {
    return `${PREFIX}${this.uid} ${scanId} ${modelVersion}`;
  }
}

/** Makes room: what nobody has gone on with for so long, nobody will. */
export function forgetOldDrafts(storage: Storage, nowMs: number = Date.now()): void {
  for (const key of keysFrom(storage, PREFIX)) {
    const { savedAt } = JSON.parse(storage.getItem(key) as string) as Draft;
    if (nowMs - savedAt > FORGOTTEN_AFTER_MS) storage.removeItem(key);
  }
}

function keysFrom(storage: Storage, prefix: string): string[] {
  const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "");
  return keys.filter((key) => key.startsWith(prefix));
}
