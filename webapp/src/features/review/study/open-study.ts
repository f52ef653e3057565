import { computed, signal } from "@preact/signals";
import type { Studies } from "../../../cloud/cloud";
import type { Study } from "../../../cloud/documents";
import type { CloudError } from "../../../cloud/errors";
import type { Stop } from "../../../cloud/live";
import type { FilingOrder, StudyOfScan } from "../../../records";
import { navigate, scanAddress } from "../../../ui/router";
import { useShortcuts } from "../../../ui/shortcuts";
import { seriesInOrder } from "./words";

/** The study of the scan on the screen, and the other studies of its patient, followed live. */
export class OpenStudy {
  readonly study = signal<Study | null>(null);
  /** What of it is filed in the archive; null where nothing ever was to be. */
  readonly filing = signal<FilingOrder | null>(null);
  /** The reason why the study can't be shown; null if it can. */
  readonly problem = signal<string | null>(null);
  private readonly ofPatient = signal<readonly Study[]>([]);

  /** The patient's other studies, the one that came last first. */
  readonly others = computed(() =>
    this.ofPatient.value
      .filter((each) => each.key !== this.place.studyKey)
      .toSorted((one, other) => other.createdAt.toMillis() - one.createdAt.toMillis()),
  );
  /** The last of them that came before this one. */
  readonly earlier = computed(() => {
    const came = this.study.value?.createdAt.toMillis() ?? 0;
    return this.others.value.find((each) => each.createdAt.toMillis() < came) ?? null;
  });

  private stops: Stop[] = [];

  constructor(
    private readonly scanId: string,
    private readonly place: StudyOfScan,
    private readonly feed: Studies,
  ) {}

  start(): void {
    const failed = (error: CloudError): void => {
      this.problem.value = error.message;
    };
    this.stops = [
      this.feed.watch(this.place.studyKey, (study) => (this.study.value = study), failed),
      this.feed.watchFiling(this.place.studyKey, (order) => (this.filing.value = order), failed),
    ];
    const { patientKey } = this.place;
    if (patientKey) {
      this.stops.push(
        this.feed.watchPatient(patientKey, (all) => (this.ofPatient.value = all), failed),
      );
    }
  }

  end(): void {
    for (const stop of this.stops) stop();
  }

  /** The scan that is so many series further in this study; null at its ends. */
  neighbour(step: 1 | -1): string | null {
    const scanIds = this.study.value ? seriesInOrder(this.study.value).map(([id]) => id) : [];
    const at = scanIds.indexOf(this.scanId);
    return at < 0 ? null : (scanIds[at + step] ?? null);
  }

  /** The series of another study to look at beside this one: of the same sequence, if it has one. */
  counterpart(of: Study): string | null {
    const shown = this.study.value?.series[this.scanId];
    const series = seriesInOrder(of);
    const like = series.find(([, each]) => each.sequence === shown?.sequence);
    return (like ?? series[0])?.[0] ?? null;
  }
}

/** Binds the keys that go from one series of a study to another, and to an earlier study. */
export function useStudyKeys(openStudy: OpenStudy | null | undefined): void {
  const go = (scanId: string | null | undefined): void => {
    if (scanId) navigate(scanAddress(scanId));
  };
  useShortcuts("review", {
    nextSeries: () => go(openStudy?.neighbour(1)),
    previousSeries: () => go(openStudy?.neighbour(-1)),
    earlierStudy: () => {
      const earlier = openStudy?.earlier.value;
      go(earlier && openStudy?.counterpart(earlier));
    },
  });
}
