import { computed, signal } from "@preact/signals";
import type { Api } from "../../cloud/cloud";
import type { CloudError } from "../../cloud/errors";
import type { Stop } from "../../cloud/live";
import type { Models } from "../../cloud/models";
import type {
  ModelVersion,
  ProductionPointer,
  Reread,
  RetrainingControl,
  RetrainingRun,
  Reviewer,
} from "../../records";

const RUNS_SHOWN = 20;
const REREADS_SHOWN = 200;

/** A document that is there, is not there, or is not known yet. */
type Known<T> = T | null | undefined;

export type Rollback =
  | { kind: "choosing" }
  | { kind: "asking"; version: string }
  | { kind: "moving"; version: string }
  | { kind: "failed"; version: string; message: string };

export type ReadingAgain =
  { kind: "asking" } | { kind: "asked"; count: number } | { kind: "failed"; message: string };

/** Everything that the Models page shows, live while it is open. */
export class ModelsStore {
  readonly production = signal<Known<ProductionPointer>>(undefined);
  readonly retraining = signal<Known<RetrainingControl>>(undefined);
  readonly runs = signal<Known<RetrainingRun[]>>(undefined);
  readonly newestReading = signal<Known<string>>(undefined);
  readonly versions = signal<Readonly<Record<string, ModelVersion | null>>>({});
  readonly role = signal<Reviewer["role"] | null>(null);
  readonly broken = signal<string | null>(null);
  readonly rollback = signal<Rollback | null>(null);
  /** Orders to the model in production to read a scan again, the newest first. */
  readonly rereads = signal<readonly Reread[]>([]);
  readonly readingAgain = signal<ReadingAgain | null>(null);
  /** The run whose comparison is shown; null: the newest that has one. */
  readonly chosenEpoch = signal<number | null>(null);

  readonly loaded = computed(
    () =>
      this.production.value !== undefined &&
      this.retraining.value !== undefined &&
      this.runs.value !== undefined &&
      this.newestReading.value !== undefined,
  );
  /** The version in use: the one in production, or else the one that read the newest scan. */
  readonly serving = computed(
    () => this.production.value?.modelVersion ?? this.newestReading.value ?? null,
  );
  readonly compared = computed<RetrainingRun | null>(() => {
    const runs = (this.runs.value ?? []).filter((run) => run.comparison && run.modelVersion);
    return runs.find(({ epoch }) => epoch === this.chosenEpoch.value) ?? runs[0] ?? null;
  });
  /**
   * Versions that were in production before, the newest first: an administrator may roll back to
   * them.
   */
  readonly earlier = computed(() => {
    const pointer = this.production.value;
    const versions = (pointer?.history ?? []).map(({ modelVersion }) => modelVersion).toReversed();
    return [...new Set(versions)].filter((version) => version !== pointer?.modelVersion);
  });

  private stops: Stop[] = [];
  private watched = new Set<string>();
  private rereadsOf: { version: string; stop: Stop } | null = null;

  constructor(
    private readonly feed: Models,
    private readonly api: Pick<Api, "rollBack" | "readAgain">,
  ) {}

  start(email: string): void {
    const failed = (error: CloudError): void => {
      this.broken.value = error.message;
    };
    this.broken.value = null;
    this.stops = [
      this.feed.watchProduction((pointer) => {
        this.production.value = pointer;
        this.watchVersions(failed);
        this.watchRereads(pointer?.modelVersion, failed);
      }, failed),
      this.feed.watchRetraining((control) => (this.retraining.value = control), failed),
      this.feed.watchRuns(
        RUNS_SHOWN,
        (runs) => {
          this.runs.value = runs;
          this.watchVersions(failed);
        },
        failed,
      ),
      this.feed.watchNewestReading((version) => {
        this.newestReading.value = version;
        this.watchVersions(failed);
      }, failed),
      this.feed.watchRole(email, (role) => (this.role.value = role)),
    ];
  }

  stop(): void {
    for (const stop of this.stops) stop();
    this.stops = [];
    this.watched.clear();
    this.watchRereads(undefined, () => {});
  }

  choose(epoch: number): void {
    this.chosenEpoch.value = epoch;
    this.watchVersions((error) => (this.broken.value = error.message));
  }

  async rollBack(version: string): Promise<void> {
    this.rollback.value = { kind: "moving", version };
    try {
      await this.api.rollBack(version);
      this.rollback.value = null;
    } catch (error) {
      this.rollback.value = { kind: "failed", version, message: (error as CloudError).message };
    }
  }

  async readAgain(version: string, count: number): Promise<void> {
    this.readingAgain.value = { kind: "asking" };
    try {
      const asked = await this.api.readAgain(version, count);
      this.readingAgain.value = { kind: "asked", count: asked };
    } catch (error) {
      this.readingAgain.value = { kind: "failed", message: (error as CloudError).message };
    }
  }

  /** Follows the orders of one model; of none if no version is named. */
  private watchRereads(version: string | undefined, failed: (error: CloudError) => void): void {
    if (version === this.rereadsOf?.version) return;
    this.rereadsOf?.stop();
    this.rereads.value = [];
    this.readingAgain.value = null;
    const seen = (rereads: Reread[]): void => void (this.rereads.value = rereads);
    this.rereadsOf = version
      ? { version, stop: this.feed.watchRereads(version, REREADS_SHOWN, seen, failed) }
      : null;
  }

  /** Follows the models that the page names, and no other: each carries its curves. */
  private watchVersions(failed: (error: CloudError) => void): void {
    const compared = this.compared.peek();
    const wanted = [
      this.serving.peek(),
      compared?.modelVersion,
      compared?.comparison?.productionVersion,
    ];
    for (const version of wanted) {
      if (!version || this.watched.has(version)) continue;
      this.watched.add(version);
      this.stops.push(
        this.feed.watchModel(
          version,
          (model) => (this.versions.value = { ...this.versions.peek(), [version]: model }),
          failed,
        ),
      );
    }
  }
}
