import { computed, signal } from "@preact/signals";
import type { Work } from "./editor";

/** Work that was not saved yet. */
export interface Draft extends Work {
  savedAt: number;
  /** The id of the reader's saved correction that the work builds on. */
  basedOn: string | null;
}

/** The key of a draft: its reader, scan and model. */
export interface DraftPlace {
  uid: string;
  scanId: string;
  modelVersion: string;
}

/** The state of the draft on this computer. */
export type DraftState =
  | { kind: "none" }
  | { kind: "kept"; at: number }
  | { kind: "restored"; at: number }
  | { kind: "failed" };

const PREFIX = "draft ";
const FORGOTTEN_AFTER_MS = 8 * 7 * 86_400_000; // eight weeks

/**
 * Drafts in the browser's own storage: written at each change, so that a crash or a reload loses
 * nothing. A draft for which the storage has no room stays with the page, and is stored later as
 * soon as there may be room.
 */
export class Drafts {
  /** True if leaving the page could lose a draft, of this reader or of another. */
  readonly wouldLose = computed(() => this.unkept.value.size > 0);

  /** Drafts that only this page has, by key. */
  private readonly unkept = signal<ReadonlyMap<string, Draft>>(new Map());
  /**
   * The time at which this page last stored or found a draft, by key: other tabs store theirs
   * there, too.
   */
  private readonly keptAt = new Map<string, number>();

  constructor(
    private readonly storage: Storage,
    private readonly now: () => number = Date.now,
  ) {}

  load(place: DraftPlace): { draft: Draft; state: DraftState } | null {
    this.storeUnkept();
    const key = keyOf(place);
    const unkept = this.unkept.peek().get(key);
    if (unkept) return { draft: unkept, state: { kind: "failed" } };
    const draft = this.stored(key);
    if (!draft) return null;
    this.keptAt.set(key, draft.savedAt);
    return { draft, state: { kind: "restored", at: draft.savedAt } };
  }

  /** True if only this page has the draft. */
  isOnlyHere(place: DraftPlace): boolean {
    return this.unkept.value.has(keyOf(place));
  }

  /** The model version of the reader's draft of this scan; null without a draft. */
  versionOf(uid: string, scanId: string): string | null {
    const prefix = keyOf({ uid, scanId, modelVersion: "" });
    const keys = [...this.unkept.peek().keys(), ...keysFrom(this.storage, prefix)];
    const key = keys.find((each) => each.startsWith(prefix));
    return key?.slice(prefix.length) ?? null;
  }

  save(place: DraftPlace, work: Omit<Draft, "savedAt">): DraftState {
    const key = keyOf(place);
    const draft = { ...work, savedAt: this.now() };
    if (!this.store(key, draft)) {
      this.unkept.value = new Map(this.unkept.peek()).set(key, draft);
      return { kind: "failed" };
    }
    this.storeUnkept();
    return { kind: "kept", at: draft.savedAt };
  }

  /** Removes this page's draft, not one that another tab has put in its place. */
  discard(place: DraftPlace): void {
    const key = keyOf(place);
    this.forgetUnkept(key);
    if (this.stored(key)?.savedAt === this.keptAt.get(key)) this.storage.removeItem(key);
  }

  /** Stores drafts for which there is room by now, unless another tab has stored a newer one. */
  private storeUnkept(): void {
    for (const [key, draft] of this.unkept.peek()) {
      const isNewest = draft.savedAt >= (this.stored(key)?.savedAt ?? 0);
      if (isNewest) this.store(key, draft);
    }
  }

  private store(key: string, draft: Draft): boolean {
    try {
      this.storage.setItem(key, JSON.stringify(draft));
    } catch {
      return false;
    }
    this.forgetUnkept(key);
    this.keptAt.set(key, draft.savedAt);
    return true;
  }

  private stored(key: string): Draft | null {
    const text = this.storage.getItem(key);
    return text === null ? null : (JSON.parse(text) as Draft);
  }

  private forgetUnkept(key: string): void {
    const others = new Map(this.unkept.peek());
    if (others.delete(key)) this.unkept.value = others;
  }
}

const keyOf = ({ uid, scanId, modelVersion }: DraftPlace): string =>
  `${PREFIX}${uid} ${scanId} ${modelVersion}`;

/** Removes drafts that nobody has changed for eight weeks. */
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
