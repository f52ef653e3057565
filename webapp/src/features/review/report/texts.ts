import { serverTime } from "../../../cloud/server-time";
import { fields, isNumber, isText } from "../../../ui/shape";
import { type Kind, Stored } from "../../../ui/stored";

/** The key of a text: its reader, scan and model. */
export interface TextPlace {
  uid: string;
  scanId: string;
  modelVersion: string;
}

/** A report that a reader has changed. */
export interface ReportText {
  text: string;
  /** What DiscAI had written when the reader began. */
  begun: string;
}

type StoredText = ReportText & { savedAt: number };

const TEXTS: Kind<StoredText> = {
  prefix: "report ",
  what: "A report",
  version: 1,
  shape: fields<StoredText>({ text: isText, begun: isText, savedAt: isNumber }),
};

const FORGOTTEN_AFTER_MS = 8 * 7 * 86_400_000; // eight weeks, as drafts of labels

/** Changed reports in the browser's own storage, so that closing the page loses nothing. */
export class ReportTexts {
  private readonly stored: Stored<StoredText>;

  constructor(
    storage: Storage,
    private readonly now: () => number = serverTime.now,
  ) {
    this.stored = new Stored(storage, TEXTS);
  }

  get(place: TextPlace): ReportText | null {
    return this.stored.get(keyOf(place));
  }

  /** Stores a text; false if there is no room for it. */
  keep(place: TextPlace, text: ReportText): boolean {
    return this.stored.put(keyOf(place), { ...text, savedAt: this.now() });
  }

  forget(place: TextPlace): void {
    this.stored.remove(keyOf(place));
  }

  /** Removes texts that nobody has changed for eight weeks. */
  forgetOld(): void {
    for (const name of this.stored.names()) {
      const text = this.stored.get(name);
      if (text && this.now() - text.savedAt > FORGOTTEN_AFTER_MS) this.stored.remove(name);
    }
  }
}

const keyOf = ({ uid, scanId, modelVersion }: TextPlace): string =>
  `${uid} ${scanId} ${modelVersion}`;
