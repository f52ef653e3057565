import type { UploadSession } from "../../cloud/calls";
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
    const uploads = await this.read<StoredUpload[]>(UPLOADS, (store) => store.getAll());
    const expired = uploads.filter(({ keptAtMs }) => Date.now() - keptAtMs > KEPT_MS);
    for (const { id } of expired) await this.remove(id);
    const own = uploads.filter((upload) => upload.owner === owner && !expired.includes(upload));
    return Promise.all(
      own.map(async (upload) => {
        return { upload, body: await this.body(upload.id) };
      }),
    );
  }

  async keep(upload: StoredUpload): Promise<void> {
    await this.change([UPLOADS], (transaction) => transaction.objectStore(UPLOADS).put(upload));
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
  return `${new Date().toISOString()} ${place} ${crypto.randomUUID()}`;
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
