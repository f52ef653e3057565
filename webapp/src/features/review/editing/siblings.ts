import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Labels, Scans } from "../../../cloud/cloud";
import type {
  LabelledSlices,
  LabelOfScan,
  NewLabel,
  SavedLabel,
  Scan,
} from "../../../cloud/documents";
import type { Stop } from "../../../cloud/live";
import type { Prediction, SeriesFacts, StudyOfScan } from "../../../records";
import { seriesName } from "../../../ui/scan-words";
import type { LabelsGradings } from "../../../verdict";
import { visitOf } from "../../../visit";
import { type NamedOtherwise, namedOtherwise, shiftOf } from "./naming";
import { siblingLabel, standingBoxes } from "./sibling-label";

/** A series of the study by its scan's id. */
export type SeriesOfScan = readonly [scanId: string, series: SeriesFacts];

/** What the reader decided: about a series that names discs otherwise, or that may be of another. */
export type Decision = "renamed" | "left alone" | "same person";

/** Whether a save counts for another series of the study. */
export type Counting =
  | { kind: "counts" }
  | { kind: "waits"; isRead: boolean } // if it is, the database has not told all of it
  | { kind: "uncertain" } // nothing but a folder or an archive says that it is of the same person
  | { kind: "asks"; named: readonly NamedOtherwise[]; canRename: boolean }
  | { kind: "decided"; decision: Decision; named: readonly NamedOtherwise[] };

/** Another series of the study, followed live. */
export interface Sibling {
  scanId: string;
  name: string;
  scan: ReadonlySignal<Scan | null>;
  prediction: ReadonlySignal<Prediction | null>;
  /** Null until the database has said them. */
  labels: ReadonlySignal<readonly SavedLabel[] | null>;
}

/** The boxes on the screen, and where they lie. */
export interface OnScreen {
  slices: LabelledSlices;
  prediction: Prediction;
  study: StudyOfScan | null;
}

/** The other series of the study for which a save counts, too. */
export class Siblings {
  /** Those that no newer scan of the same series has taken the place of. */
  readonly current = computed(() => this.all.value.filter(({ scan }) => !scan.value?.supersededBy));
  private readonly all = signal<readonly Sibling[]>([]);
  private readonly decisions = signal<Readonly<Record<string, Decision>>>({});
  private stops = new Map<string, Stop>();

  constructor(
    private readonly scans: Pick<Scans, "watchScan" | "watchPredictions">,
    private readonly labels: Pick<Labels, "watch">,
  ) {}

  /** Follows these series, and no others any more. */
  follow(series: readonly SeriesOfScan[]): void {
    const known = new Map(this.all.peek().map((each) => [each.scanId, each]));
    const wanted = new Set(series.map(([scanId]) => scanId));
    for (const [scanId, stop] of this.stops) {
      if (wanted.has(scanId)) continue;
      stop();
      this.stops.delete(scanId);
    }
    this.all.value = series.map(([scanId, facts]) => {
      const sibling = known.get(scanId) ?? this.watch(scanId, facts);
      return { ...sibling, name: seriesName(facts) };
    });
  }

  end(): void {
    this.follow([]);
  }

  decide(scanId: string, decision: Decision | null): void {
    const { [scanId]: _, ...others } = this.decisions.peek();
    this.decisions.value = decision ? { ...others, [scanId]: decision } : others;
  }

  /** Whether what is saved of the scan on the screen counts for another series. */
  countingOf(sibling: Sibling, shown: OnScreen): Counting {
    const scan = sibling.scan.value;
    const [prediction, labels] = [sibling.prediction.value, sibling.labels.value];
    const isRead = !scan || scan.status === "done";
    if (!scan || !isRead || !prediction || !labels) return { kind: "waits", isRead };
    const decision = this.decisions.value[sibling.scanId];
    const visit = scan.study && visitOf(scan.study);
    const isSame = visit !== null && shown.study !== null && visit === visitOf(shown.study);
    if (!isSame) return { kind: decision === "same person" ? "counts" : "uncertain" };
    const named = this.named(sibling, shown);
    if (named.length === 0) return { kind: "counts" };
    const canRename = shiftOf(named) !== null;
    const isDecided = decision === "left alone" || (decision === "renamed" && canRename);
    return isDecided ? { kind: "decided", decision, named } : { kind: "asks", named, canRename };
  }

  /** What a save says of the other series for which it counts. */
  labelsOf(said: NewLabel, shown: OnScreen, takenBack: LabelsGradings = {}): LabelOfScan[] {
    return this.current.peek().flatMap((sibling) => {
      const counting = this.countingOf(sibling, shown);
      const [prediction, labels] = [sibling.prediction.peek(), sibling.labels.peek()];
      const isLeft = counting.kind === "decided" && counting.decision === "left alone";
      const isKnown = counting.kind === "counts" || counting.kind === "decided";
      if (!prediction || !labels || !isKnown || isLeft) return [];
      const shift = counting.kind === "decided" ? (shiftOf(counting.named) ?? 0) : 0;
      const series = { prediction, labels };
      const label = siblingLabel({ ...said, takenBack }, said.author, series, shift);
      const { author, authorEmail } = said;
      const whose = { author, authorEmail, modelVersion: prediction.modelVersion };
      return label ? [{ scanId: sibling.scanId, label: { ...label, ...whose } }] : [];
    });
  }

  private named({ scan, prediction, labels }: Sibling, shown: OnScreen): NamedOtherwise[] {
    const frameKey = scan.value?.study?.frameKey;
    if (!prediction.value || !labels.value || !frameKey) return [];
    if (frameKey !== shown.study?.frameKey) return [];
    const there = { prediction: prediction.value, labels: labels.value };
    return namedOtherwise(shown, {
      slices: standingBoxes(there),
      prediction: there.prediction,
    });
  }

  private watch(scanId: string, facts: SeriesFacts): Sibling {
    const scan = signal<Scan | null>(null);
    const predictions = signal<readonly Prediction[]>([]);
    const labels = signal<readonly SavedLabel[] | null>(null);
    const unknown = (): void => {
      scan.value = null; // then a save counts not for it, and the page says so
    };
    const stops = [
      this.scans.watchScan(scanId, (seen) => (scan.value = seen), unknown),
      this.scans.watchPredictions(scanId, (seen) => (predictions.value = seen), unknown),
      this.labels.watch(scanId, (seen) => (labels.value = seen), unknown),
    ];
    this.stops.set(scanId, () => stops.forEach((stop) => stop()));
    const prediction = computed(
      () =>
        predictions.value.find((each) => each.modelVersion === scan.value?.modelVersion) ?? null,
    );
    return { scanId, name: seriesName(facts), scan, prediction, labels };
  }
}

/** The names of the series that are on the screen, as a sentence lists them: "T2, T1 and STIR". */
export function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${last}` : last;
}
