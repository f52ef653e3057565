import { computed, signal } from "@preact/signals";
import type { Api, CloudError, Scan, Scans, Stop } from "../../cloud/cloud";
import { fileName } from "./words";

const PAGE_SIZE = 50;

export type WorklistState =
  | { kind: "loading" }
  | { kind: "ready" }
  | { kind: "refused" } // the person is signed in but is no reviewer
  | { kind: "broken"; message: string };

/** The newest scans, live: a row changes in place, because the order is that of creation. */
export class Worklist {
  readonly state = signal<WorklistState>({ kind: "loading" });
  readonly scans = signal<Scan[]>([]);
  readonly search = signal("");
  readonly hasMore = signal(false);
  /** The row that had the focus last, so that coming back from a scan finds it again. */
  readonly lastOpened = signal<string | null>(null);
  /** Why asking for another try failed, by scan. */
  readonly retryErrors = signal<Record<string, string>>({});

  readonly visible = computed(() => {
    const wanted = this.search.value.trim().toLowerCase();
    if (!wanted) return this.scans.value;
    return this.scans.value.filter((scan) =>
      [fileName(scan), scan.id, scan.uploadedBy ?? ""].some((text) =>
        text.toLowerCase().includes(wanted),
      ),
    );
  });

  private limit = PAGE_SIZE;
  private stop: Stop = () => {};

  constructor(
    private readonly feed: Scans,
    private readonly api: Api,
  ) {}

  start(): void {
    this.stop();
    this.state.value = { kind: "loading" };
    this.follow();
  }

  end(): void {
    this.stop();
    this.scans.value = [];
    this.state.value = { kind: "loading" };
  }

  showMore(): void {
    this.stop();
    this.limit += PAGE_SIZE;
    this.follow();
  }

  async retry(scanId: string): Promise<void> {
    const { [scanId]: _, ...others } = this.retryErrors.value;
    this.retryErrors.value = others;
    try {
      await this.api.retry(scanId);
    } catch (error) {
      const { message } = error as CloudError;
      this.retryErrors.value = { ...this.retryErrors.value, [scanId]: message };
    }
  }

  /** The scan `step` rows further down from one, or null at either end. */
  neighbour(scanId: string, step: 1 | -1): Scan | null {
    const rows = this.visible.value;
    const index = rows.findIndex((scan) => scan.id === scanId);
    return index < 0 ? null : (rows[index + step] ?? null);
  }

  private follow(): void {
    this.stop = this.feed.watchNewest(
      this.limit,
      (scans) => {
        this.scans.value = scans;
        this.hasMore.value = scans.length === this.limit;
        this.state.value = { kind: "ready" };
      },
      (error) => {
        this.state.value =
          error.code === "not-a-reviewer"
            ? { kind: "refused" }
            : { kind: "broken", message: error.message };
      },
    );
  }
}
