import { fields, isNumber, type Shape } from "./shape";
import { tellError } from "./toasts";

/** One kind of thing that is kept in the browser's storage. */
export interface Kind<T> {
  /** The beginning of its keys. */
  prefix: string;
  /** Its name at the beginning of a sentence, such as "A draft". */
  what: string;
  /** Counts up when the form changes in a way that an earlier page could not read. */
  version: number;
  shape: Shape<T>;
}

interface Envelope {
  version: number;
  value: unknown;
}

const isEnvelope = fields<Envelope>({
  version: isNumber,
  value: (value): value is unknown => value !== undefined,
});

const ASIDE = "set aside ";

/**
 * All entries of one kind in the browser's storage, each with the version of its form.
 *
 * Nothing here throws. An entry that can't be read, because it is damaged or because a newer page
 * wrote it, is set aside under another key and said in a notice; it comes back by itself once a page
 * can read it. Entries without a version are from before there were versions.
 */
export class Stored<T> {
  constructor(
    private readonly storage: Storage,
    private readonly kind: Kind<T>,
    private readonly say: (sentence: string) => void = tellError,
  ) {
    this.bringBack();
  }

  /** The names of the entries that begin so; a name is a key without the kind's prefix. */
  names(beginning = ""): string[] {
    const { prefix } = this.kind;
    return this.keys(prefix + beginning).map((key) => key.slice(prefix.length));
  }

  /** The entry of this name; null if there is none, or none that can be read. */
  get(name: string): T | null {
    const key = this.kind.prefix + name;
    const text = this.text(key);
    if (text === null) return null;
    const read = this.read(text);
    if ("value" in read) return read.value;
    this.setAside(key, text, read.fault);
    return null;
  }

  /** Stores an entry; false if the storage is full or forbidden. */
  put(name: string, value: T): boolean {
    const { prefix, version } = this.kind;
    return this.write(prefix + name, JSON.stringify({ version, value } satisfies Envelope));
  }

  remove(name: string): void {
    this.erase(this.kind.prefix + name);
  }

  private read(text: string): { value: T } | { fault: string } {
    const found = parsed(text);
    const { version, value } = isEnvelope(found)
      ? found
      : { version: this.kind.version, value: found };
    if (version !== this.kind.version) return { fault: "another version of this page wrote it" };
    return this.kind.shape(value) ? { value } : { fault: "it is damaged" };
  }

  private setAside(key: string, text: string, fault: string): void {
    let aside = ASIDE + key;
    while (this.text(aside) !== null) aside += "'"; // an earlier one stays, too
    this.erase(key); // makes room for the copy in a full storage
    const isAside = this.write(aside, text) || !this.write(key, text);
    const done = isAside ? "It was set aside" : "It stays where it is";
    this.say(
      `${this.kind.what} kept on this computer can't be read: ${fault}. ${done}, and all else ` +
        "goes on without it.",
    );
  }

  /** Puts back what an earlier page set aside and this one can read. */
  private bringBack(): void {
    for (const aside of this.keys(ASIDE + this.kind.prefix)) {
      const key = aside.slice(ASIDE.length);
      const text = this.text(aside);
      if (text === null || this.text(key) !== null || !("value" in this.read(text))) continue;
      this.erase(aside);
      if (!this.write(key, text)) this.write(aside, text);
    }
  }

  private keys(beginning: string): string[] {
    try {
      const { storage } = this;
      const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "");
      return keys.filter((key) => key.startsWith(beginning));
    } catch {
      return [];
    }
  }

  private text(key: string): string | null {
    try {
      return this.storage.getItem(key);
    } catch {
      return null;
    }
  }

  private write(key: string, text: string): boolean {
    try {
      this.storage.setItem(key, text);
      return true;
    } catch {
      return false;
    }
  }

  private erase(key: string): void {
    try {
      this.storage.removeItem(key);
    } catch {
      // forbidden by now: then it can't be read either
    }
  }
}

/** The JSON value; a text that isn't JSON as it is, since early pages stored words as such. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
