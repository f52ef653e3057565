import { signal } from "@preact/signals";
import type { Scans } from "../../cloud/cloud";
import type { Scan } from "../../cloud/documents";
import type { Stop } from "../../cloud/live";

/**
 * Rows that stay where they are while somebody is about to use them.
 *
 * While held, a row that arrives above or between others waits, and one that left the query stays
 * and is followed on its own; rows below the last one move nothing and are shown at once.
 */
export class SteadyRows {
  readonly shown = signal<readonly Scan[]>([]);
  /** Number of rows that wait to be shown. */
  readonly waiting = signal(0);
  /** The current rows of the query, also those that wait to be shown. */
  live: readonly Scan[] = [];

  private held = false;
  private leavers = new Map<string, Stop>();

  constructor(private readonly feed: Pick<Scans, "watchScan">) {}

  /** Takes the current rows of the query. */
  update(live: readonly Scan[]): void {
    this.live = live;
    if (this.held) this.keepInPlace();
    else this.showAll();
  }

  /** Keeps rows in place while held; when released, shows those that wait. */
  hold(held: boolean): void {
    this.held = held;
    if (!held) this.showAll();
  }

  /** Shows waiting rows even while held: somebody asked for them. */
  showAll(): void {
    for (const stop of this.leavers.values()) stop();
    this.leavers.clear();
    this.waiting.value = 0;
    this.shown.value = this.live;
  }

  private keepInPlace(): void {
    const live = new Map(this.live.map((scan) => [scan.id, scan]));
    const kept = this.shown.peek().map((scan) => live.get(scan.id) ?? scan);
    const keptIds = new Set(kept.map(({ id }) => id));
    const lastKept = this.live.findLastIndex(({ id }) => keptIds.has(id));
    const below = this.live.slice(lastKept + 1);
    for (const { id } of kept) this.follow(id, !live.has(id));
    this.shown.value = [...kept, ...below];
    this.waiting.value =
      this.live.length - below.length - kept.filter((s) => live.has(s.id)).length;
  }

  private follow(id: string, left: boolean): void {
    if (!left) {
      this.leavers.get(id)?.();
      this.leavers.delete(id);
    } else if (!this.leavers.has(id)) {
      this.leavers.set(
        id,
        this.feed.watchScan(
          id,
          (scan) => this.replace(id, scan),
          () => {},
        ),
      );
    }
  }

  private replace(id: string, scan: Scan | null): void {
    if (scan) this.shown.value = this.shown.peek().map((each) => (each.id === id ? scan : each));
  }
}
