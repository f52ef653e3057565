import { computed, signal } from "@preact/signals";
import { serverTime } from "../../../cloud/server-time";
import { fields, isNumber, isText, listOf, mapOf, orMissing, orNull } from "../../../ui/shape";
import { type Kind, Stored } from "../../../ui/stored";
import { BOX_FIELDS } from "../../labels/outbox";
import type { EditableBox } from "./boxes";
import type { Work } from "./editor";
import type { Change, History, Patch } from "./history";

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

const isBox = fields<EditableBox>({ ...BOX_FIELDS, id: isText });
const isPartOfBox = fields<Partial<EditableBox>>({
  id: orMissing(isText),
  level: orMissing(BOX_FIELDS.level),
  herniation: orMissing(BOX_FIELDS.herniation),
  x: orMissing(isNumber),
  y: orMissing(isNumber),
  width: orMissing(isNumber),
  height: orMissing(isNumber),
});
const areChanges = mapOf(
  listOf(
    fields<Change>({
      slice: isText,
      does: isText,
      patches: listOf(
        fields<Patch>({
          slice: isText,
          id: isText,
          before: orNull(isPartOfBox),
          after: orNull(isPartOfBox),
        }),
      ),
      joins: orMissing(isText),
      judges: orMissing(BOX_FIELDS.level),
      number: isNumber,
    }),
  ),
);

const DRAFTS: Kind<Draft> = {
  prefix: "draft ",
  what: "A draft",
  version: 1,
  shape: fields<Draft>({
    slices: mapOf(listOf(isBox)),
    history: fields<History>({ done: areChanges, undone: areChanges }),
    savedAt: isNumber,
    basedOn: orNull(isText),
  }),
};

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
  private readonly stored: Stored<Draft>;

  constructor(
    storage: Storage,
    private readonly now: () => number = serverTime.now,
  ) {
    this.stored = new Stored(storage, DRAFTS);
  }

  load(place: DraftPlace): { draft: Draft; state: DraftState } | null {
    this.storeUnkept();
    const key = keyOf(place);
    const unkept = this.unkept.peek().get(key);
    if (unkept) return { draft: unkept, state: { kind: "failed" } };
    const draft = this.stored.get(key);
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
    const unkept = [...this.unkept.peek().keys()].find((each) => each.startsWith(prefix));
    const key = unkept ?? this.stored.names(prefix).find((each) => this.stored.get(each));
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
    if (this.stored.get(key)?.savedAt === this.keptAt.get(key)) this.stored.remove(key);
  }

  /** Stores drafts for which there is room by now, unless another tab has stored a newer one. */
  private storeUnkept(): void {
    for (const [key, draft] of this.unkept.peek()) {
      const isNewest = draft.savedAt >= (this.stored.get(key)?.savedAt ?? 0);
      if (isNewest) this.store(key, draft);
    }
  }

  private store(key: string, draft: Draft): boolean {
    if (!this.stored.put(key, draft)) return false;
    this.forgetUnkept(key);
    this.keptAt.set(key, draft.savedAt);
    return true;
  }

  private forgetUnkept(key: string): void {
    const others = new Map(this.unkept.peek());
    if (others.delete(key)) this.unkept.value = others;
  }
}

const keyOf = ({ uid, scanId, modelVersion }: DraftPlace): string =>
  `${uid} ${scanId} ${modelVersion}`;

/** Removes drafts that nobody has changed for eight weeks. */
export function forgetOldDrafts(storage: Storage, nowMs: number): void {
  const drafts = new Stored(storage, DRAFTS);
  for (const name of drafts.names()) {
    const draft = drafts.get(name);
    if (draft && nowMs - draft.savedAt > FORGOTTEN_AFTER_MS) drafts.remove(name);
  }
}
