import { computed, signal } from "@preact/signals";
import { serverTime } from "../../../cloud/server-time";
import {
  fields,
  isFlag,
  isNumber,
  isText,
  listOf,
  mapOf,
  oneOf,
  orMissing,
  orNull,
} from "../../../ui/shape";
import { type Kind, Stored } from "../../../ui/stored";
import { GRADINGS } from "../../../anatomy";
import { BOX_FIELDS, GRADINGS_OF_DISC } from "../../labels/outbox";
import type { EditableBox } from "./boxes";
import type { Work } from "./editor";
import type { GradingPatch, GradingsByDisc } from "./gradings";
import type { Change, History, Patch } from "./history";

/** Work that was not saved yet; drafts of earlier versions have no gradings. */
export interface Draft extends Omit<Work, "gradings"> {
  gradings?: GradingsByDisc;
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
  judged: BOX_FIELDS.judged,
});
const isAnswer = (value: unknown): value is number | boolean => isNumber(value) || isFlag(value);
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
      grades: orMissing(
        fields<GradingPatch>({
          disc: isText,
          name: oneOf(GRADINGS),
          before: orNull(isAnswer),
          after: orNull(isAnswer),
        }),
      ),
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
    gradings: orMissing(mapOf(GRADINGS_OF_DISC)),
    history: fields<History>({ done: areChanges, undone: areChanges }),
    savedAt: isNumber,
    basedOn: orNull(isText),
  }),
};

const FORGOTTEN_AFTER_MS = 8 * 7 * 86_400_000; // eight weeks

/**
 * Drafts in the browser's own storage: written at each change, so that a crash or a reload loses
 * nothing. A draft for which the storage has no room stays with the page, and is stored later as
 * soon as there may be room. Where two tabs change one scan, each has a draft of its own: the newest
 * is opened first, and the others come back once it is saved or discarded.
 */
export class Drafts {
  /** True if leaving the page could lose a draft, of this reader or of another. */
  readonly wouldLose = computed(() => this.unkept.value.size > 0);

  /** Drafts that only this page has, by key. */
  private readonly unkept = signal<ReadonlyMap<string, Draft>>(new Map());
  /** The name under which this page stores a draft, by key: another tab may have the key itself. */
  private readonly ownNames = new Map<string, string>();
  /** The time at which this page last stored or found a draft, by name. */
  private readonly keptAt = new Map<string, number>();
  /** Counts the changes that other tabs made. */
  private readonly changes = signal(0);
  private readonly stored: Stored<Draft>;

  constructor(
    storage: Storage,
    private readonly now: () => number = serverTime.now,
    private readonly newId: () => string = () => crypto.randomUUID(),
  ) {
    this.stored = new Stored(storage, DRAFTS);
  }

  load(place: DraftPlace): { draft: Draft; state: DraftState } | null {
    this.storeUnkept();
    const key = keyOf(place);
    const unkept = this.unkept.peek().get(key);
    if (unkept) return { draft: unkept, state: { kind: "failed" } };
    const newest = this.all(key)[0];
    if (!newest) return null;
    const { name, draft } = newest;
    this.ownNames.set(key, name);
    this.keptAt.set(name, draft.savedAt);
    return { draft, state: { kind: "restored", at: draft.savedAt } };
  }

  /** True if only this page has the draft. */
  isOnlyHere(place: DraftPlace): boolean {
    return this.unkept.value.has(keyOf(place));
  }

  /** The time of the newest draft of the same that another tab has kept; null without one. */
  besides(place: DraftPlace): number | null {
    void this.changes.value;
    const key = keyOf(place);
    const isOther = ({ name, draft }: NamedDraft): boolean =>
      name !== this.nameOf(key) || this.isOfAnother(name, draft);
    return this.all(key).find(isOther)?.draft.savedAt ?? null;
  }

  /** Notes that another tab has changed what is stored. */
  changedElsewhere(): void {
    this.changes.value = this.changes.peek() + 1;
  }

  /** The model version of the reader's newest draft of this scan; null without a draft. */
  versionOf(uid: string, scanId: string): string | null {
    const prefix = keyOf({ uid, scanId, modelVersion: "" });
    const unkept = [...this.unkept.peek().keys()].find((each) => each.startsWith(prefix));
    const name = unkept ?? this.named(this.stored.names(prefix))[0]?.name;
    return name?.slice(prefix.length).split(" ")[0] ?? null;
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

  /** Removes this page's draft, not one that another tab has. */
  discard(place: DraftPlace): void {
    const key = keyOf(place);
    this.forgetUnkept(key);
    const name = this.nameOf(key);
    const draft = this.stored.get(name);
    if (draft && !this.isOfAnother(name, draft)) this.stored.remove(name);
    this.ownNames.delete(key);
  }

  /** Stores drafts for which there is room by now. */
  private storeUnkept(): void {
    for (const [key, draft] of this.unkept.peek()) this.store(key, draft);
  }

  /** Stores a draft; beside one of another tab, if there is one. */
  private store(key: string, draft: Draft): boolean {
    let name = this.nameOf(key);
    const there = this.stored.get(name);
    if (there && this.isOfAnother(name, there)) name = `${key} ${this.newId()}`;
    if (!this.stored.put(name, draft)) return false;
    this.forgetUnkept(key);
    this.ownNames.set(key, name);
    this.keptAt.set(name, draft.savedAt);
    return true;
  }

  private nameOf(key: string): string {
    return this.ownNames.get(key) ?? key;
  }

  private isOfAnother(name: string, draft: Draft): boolean {
    return draft.savedAt !== this.keptAt.get(name);
  }

  /** All stored drafts of one key, the newest first. */
  private all(key: string): NamedDraft[] {
    const names = this.stored.names(key);
    return this.named(names.filter((name) => name === key || name.startsWith(`${key} `)));
  }

  private named(names: readonly string[]): NamedDraft[] {
    return names
      .flatMap((name) => {
        const draft = this.stored.get(name);
        return draft ? [{ name, draft }] : [];
      })
      .toSorted((a, b) => b.draft.savedAt - a.draft.savedAt);
  }

  private forgetUnkept(key: string): void {
    const others = new Map(this.unkept.peek());
    if (others.delete(key)) this.unkept.value = others;
  }
}

interface NamedDraft {
  name: string;
  draft: Draft;
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
