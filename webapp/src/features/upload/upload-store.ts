import type { UploadSession } from "../../cloud/calls";
import { serverTime } from "../../cloud/server-time";
import { fields, isFlag, isNumber, isText, orNull } from "../../ui/shape";
import { tellError } from "../../ui/toasts";
import type { Fingerprint } from "./fingerprint";

/** Everything needed to go on with an upload after the page was closed. */
export interface StoredUpload {
  id: string;
  /** The owner's address: on a shared machine nobody goes on with another person's upload. */
  owner: string;
  name: string;
  fingerprint: Fingerprint;
  session: UploadSession | null;
  paused: boolean;
  keptAtMs: number;
}

const isUpload = fields<StoredUpload>({
  id: isText,
  owner: isText,
  name: isText,
  fingerprint: fields<Fingerprint>({
    name: isText,
    size: isNumber,
    lastModified: isNumber,
    head: isText,
  }),
  session: orNull(fields<UploadSession>({ uploadUrl: isText, bucket: isText, objectName: isText })),
  paused: isFlag,
  keptAtMs: isNumber,
});

/** The version of an upload's form; uploads without one are from before there were versions. */
const VERSION = 1;

/** A stored upload that can't be read: kept for as long as others, and never tried again. */
interface UploadAside {
  id: string;
  unreadable: unknown;
  keptAtMs: number;
}

const isAside = fields<UploadAside>({
  id: isText,
  unreadable: (value): value is unknown => value !== undefined,
  keptAtMs: isNumber,
});

interface Sorted {
  uploads: StoredUpload[];
  /** Ids of uploads, and of unreadable ones, that were kept for long enough. */
  expired: string[];
  /** Uploads to put in the place of those that can't be read. */
  aside: UploadAside[];
}

/** Sorts stored records into uploads, those that have expired and those that can't be read. */
export function sortOut(records: readonly unknown[], nowMs: number): Sorted {
  const sorted: Sorted = { uploads: [], expired: [], aside: [] };
  for (const record of records) {
    const { id = "", version = VERSION } = record as { id?: string; version?: unknown };
    const isReadable = version === VERSION && isUpload(record);
    const isKnown = isReadable || isAside(record);
    if (!isKnown) sorted.aside.push({ id, unreadable: record, keptAtMs: nowMs });
    else if (nowMs - record.keptAtMs > KEPT_MS) sorted.expired.push(id);
    else if (isReadable) sorted.uploads.push(record);
  }
  return sorted;
}

/** A store of unfinished uploads in the browser. */
export interface UploadStore {
  /** Lists a person's uploads in the order of their ids, with their contents if stored. */
  list(owner: string): Promise<{ upload: StoredUpload; body: Blob | null }[]>;
  keep(upload: StoredUpload): Promise<void>;
  /**
   * Copies the content into the browser and returns the copy; null without room, or if it can't be
   * read. A private window of Chromium returns the file itself instead.
   */
  keepBody(id: string, body: Blob): Promise<Blob | null>;
  remove(id: string): Promise<void>;
}

const DATABASE = "discai-uploads";
const UPLOADS = "uploads";
const BODIES = "bodies";
const KEPT_MS = 7 * 24 * 3_600_000; // as long as Cloud Storage keeps a session open
/** The share of the free space reported by the browser that may be used. */
const SHARE_OF_ROOM = 0.8;

const UNREADABLE =
  "An unfinished upload kept on this computer can't be read. It was set aside, and all else goes on " +
  "without it: choose its file again.";

export class BrowserUploadStore implements UploadStore {
  private readonly database: Promise<IDBDatabase>;

  constructor() {
    this.database = new Promise((done, failed) => {
      const opening = indexedDB.open(DATABASE, 1);
      opening.onupgradeneeded = () => {
        opening.result.createObjectStore(UPLOADS, { keyPath: "id" });
        opening.result.createObjectStore(BODIES);
      };
      opening.onsuccess = () => done(opening.result);
      opening.onerror = () => failed(opening.error);
    });
    this.database.catch(() => {}); // each use below sees the failure itself
  }

  async list(owner: string): Promise<{ upload: StoredUpload; body: Blob | null }[]> {
    const records = await this.read<unknown[]>(UPLOADS, (store) => store.getAll());
    // A computer's own clock, which may be wrong, makes nobody lose an upload.
    const time = serverTime.isKnown.peek() ? serverTime.now() : -Infinity;
    const { uploads, expired, aside } = sortOut(records, time);
    for (const id of expired) await this.remove(id);
    for (const each of aside) await this.keep({ ...each, keptAtMs: serverTime.now() });
    if (aside.length > 0) tellError(UNREADABLE);
    const own = uploads.filter((upload) => upload.owner === owner);
    return Promise.all(
      own.map(async (upload) => {
        // A content that can't be read is asked for again.
        return { upload, body: await this.body(upload.id).catch(() => null) };
      }),
    );
  }

  async keep(upload: StoredUpload | UploadAside): Promise<void> {
    const record = "unreadable" in upload ? upload : { ...upload, version: VERSION };
    await this.change([UPLOADS], (transaction) => transaction.objectStore(UPLOADS).put(record));
  }

  async keepBody(id: string, body: Blob): Promise<Blob | null> {
    const { quota = 0, usage = 0 } = await navigator.storage.estimate();
    if (body.size > (quota - usage) * SHARE_OF_ROOM) return null;
    try {
      await this.change([BODIES], (transaction) => transaction.objectStore(BODIES).put(body, id));
      return await this.body(id);
    } catch {
      return null; // full after all: the file is asked for again
    }
  }

  async remove(id: string): Promise<void> {
    await this.change([UPLOADS, BODIES], (transaction) => {
      transaction.objectStore(UPLOADS).delete(id);
      transaction.objectStore(BODIES).delete(id);
    });
  }

  private async body(id: string): Promise<Blob | null> {
    return (await this.read<Blob | undefined>(BODIES, (store) => store.get(id))) ?? null;
  }

  private async read<T>(name: string, ask: (store: IDBObjectStore) => IDBRequest): Promise<T> {
    const database = await this.database;
    return new Promise((done, failed) => {
      const request = ask(database.transaction(name).objectStore(name));
      request.onsuccess = () => done(request.result as T);
      request.onerror = () => failed(request.error);
    });
  }

  private async change(
    names: string[],
    make: (transaction: IDBTransaction) => void,
  ): Promise<void> {
    const database = await this.database;
    await new Promise<void>((done, failed) => {
      const transaction = database.transaction(names, "readwrite");
      transaction.oncomplete = () => done();
      transaction.onabort = () => failed(transaction.error);
      make(transaction);
    });
  }
}

let idsMade = 0;

/** An id that sorts behind those that were made before, in this tab and before it. */
export function newUploadId(): string {
  const place = String(idsMade++).padStart(6, "0");
  return `${new Date(serverTime.now()).toISOString()} ${place} ${crypto.randomUUID()}`;
}

/**
 * Takes an upload for this tab until it is released or the tab is closed; null if another tab has
 * it.
 */
export function claimInTab(id: string): Promise<(() => void) | null> {
  return new Promise((done) => {
    void navigator.locks.request(`upload ${id}`, { ifAvailable: true }, (lock) => {
      if (!lock) return done(null);
      return new Promise<void>((giveBack) => done(giveBack));
    });
  });
}
