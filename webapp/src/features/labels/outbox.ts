import { computed, signal } from "@preact/signals";
import { JUDGED, LEVELS } from "../../anatomy";
import type { Labels } from "../../cloud/cloud";
import type { LabelOfScan, NewLabel } from "../../cloud/documents";
import type { CloudError } from "../../cloud/errors";
import type { LabelledBox, LabelledGradings } from "../../records";
import { fields, isFlag, isNumber, isText, listOf, mapOf, oneOf, orMissing } from "../../ui/shape";
import { type Kind, Stored } from "../../ui/stored";

/** A save on its way to the server; its id is made once, at the save. */
export interface Outgoing {
  labelId: string;
  scanId: string;
  scanName: string;
  label: NewLabel;
  /** What the same save says of other series of the study; all arrive together. */
  others?: LabelOfScan[];
  savedAt: number;
}

export type Delivery = "sending" | "arrived" | "refused";

export interface OutboxEntry extends Outgoing {
  delivery: Delivery;
  /** The server's reason for refusing it. */
  reason: string | null;
  /** True if the browser's storage has it, too; otherwise it is lost with this page. */
  isKept: boolean;
}

/** The fields of a labelled box, as a page stores them. */
export const BOX_FIELDS = {
  level: oneOf(LEVELS),
  herniation: isFlag,
  x: isNumber,
  y: isNumber,
  width: isNumber,
  height: isNumber,
  judged: orMissing(oneOf(JUDGED)),
};

/** The form of a disc's gradings, as a page stores them. */
export const GRADINGS_OF_DISC = fields<LabelledGradings>({
  pfirrmann: orMissing(isNumber),
  narrowing: orMissing(isFlag),
  bulging: orMissing(isFlag),
  spondylolisthesis: orMissing(isFlag),
  modic: orMissing(isFlag),
});

const LABEL = fields<NewLabel>({
  kind: oneOf(["correction", "acceptance"]),
  slices: mapOf(listOf(fields<LabelledBox>(BOX_FIELDS))),
  gradings: orMissing(mapOf(GRADINGS_OF_DISC)),
  author: isText,
  authorEmail: isText,
  modelVersion: isText,
});

const OUTGOING: Kind<Outgoing> = {
  prefix: "outbox ",
  what: "A saved label that was not sent yet",
  version: 1,
  shape: fields<Outgoing>({
    labelId: isText,
    scanId: isText,
    scanName: isText,
    label: LABEL,
    others: orMissing(listOf(fields<LabelOfScan>({ scanId: isText, label: LABEL }))),
    savedAt: isNumber,
  }),
};

/**
 * Saved labels until the server has them: stored in the browser, so that they survive a lost
 * network, a reload and a crash, and sent again under the same id, so that each arrives once. On a
 * shared machine everybody sees their own; those of others stay stored until they sign in again.
 */
export class Outbox {
  /** The labels of whoever is signed in. */
  readonly entries = computed(() =>
    this.all.value.filter(({ label }) => label.author === this.reader.value),
  );
  readonly unsent = computed(() => this.entries.value.filter((e) => e.delivery !== "arrived"));

  /** The scans whose labels are on their way, or have come since the page was opened. */
  readonly scanIds = computed(
    () =>
      new Set(
        this.entries.value.flatMap(({ scanId, others = [] }) => [
          scanId,
          ...others.map((other) => other.scanId),
        ]),
      ),
  );

  /** The label that was saved last, as a list of at most one. */
  readonly latest = computed(() => this.entries.value.slice(-1));

  /** True if leaving the page could lose a label, of this reader or of another. */
  readonly wouldLose = computed(() =>
    this.all.value.some((entry) => !entry.isKept && entry.delivery !== "arrived"),
  );

  private readonly all = signal<readonly OutboxEntry[]>([]);
  /** The user id of whoever is signed in. */
  private readonly reader = signal<string | null>(null);
  private readonly stored: Stored<Outgoing>;

  constructor(
    private readonly labels: Pick<Labels, "create">,
    storage: Storage,
  ) {
    this.stored = new Stored(storage, OUTGOING);
  }

  /** Sends the labels that an earlier visit of this reader could not send. */
  start(uid: string): void {
    this.reader.value = uid;
    const isOnItsWay = ({ labelId }: Outgoing): boolean =>
      this.entries.peek().some((e) => e.labelId === labelId && e.delivery === "sending");
    for (const name of this.stored.names()) {
      const outgoing = this.stored.get(name);
      if (outgoing?.label.author === uid && !isOnItsWay(outgoing)) this.send(outgoing, true);
    }
  }

  /** Forgets who is signed in; labels under way are still sent. */
  end(): void {
    this.reader.value = null;
  }

  /** Stores the label in the browser if there is room, and sends it. */
  add(outgoing: Outgoing): void {
    this.send(outgoing, this.stored.put(outgoing.labelId, outgoing));
  }

  retry(labelId: string): void {
    const entry = this.own(labelId);
    if (entry) this.send(entry, entry.isKept);
  }

  /** Gives up a refused label. */
  discard(labelId: string): void {
    if (!this.own(labelId)) return;
    this.stored.remove(labelId);
    this.all.value = this.all.peek().filter((entry) => entry.labelId !== labelId);
  }

  private own(labelId: string): OutboxEntry | undefined {
    return this.entries.peek().find((entry) => entry.labelId === labelId);
  }

  private send(outgoing: Outgoing, isKept: boolean): void {
    this.put({ ...outgoing, isKept, delivery: "sending", reason: null });
    const { scanId, labelId, label, others } = outgoing;
    this.labels.create(scanId, labelId, label, others).then(
      () => {
        this.stored.remove(outgoing.labelId);
        this.put({ ...outgoing, isKept, delivery: "arrived", reason: null });
      },
      (error: CloudError) =>
        this.put({ ...outgoing, isKept, delivery: "refused", reason: error.message }),
    );
  }

  private put(entry: OutboxEntry): void {
    const others = this.all.peek().filter((each) => each.labelId !== entry.labelId);
    this.all.value = [...others, entry].toSorted((a, b) => a.savedAt - b.savedAt);
  }
}
