import { computed, effect, signal } from "@preact/signals";
import type { Api, Scans, Studies } from "../../cloud/cloud";
import type { Scan, Study } from "../../cloud/documents";
import type { CloudError } from "../../cloud/errors";
import type { Stop } from "../../cloud/live";
import type { Rows, RowsQuery, Show } from "../../cloud/rows";
import { ListedStudies } from "./listed-studies";
import { LivePages, PAGE_SIZE } from "./live-pages";
import { nextToReview } from "./next-to-review";
import { SteadyRows } from "./steady-rows";
import { type ListRow, opened, rowsOf } from "./study-rows";
import { FIRST_VIEW, isFoundBy, isOf, termOf, type View } from "./view";

const TYPING_PAUSE_MS = 250;
const COUNT_PAUSE_MS = 3_000;

export type WorklistState =
  | { kind: "loading" }
  | { kind: "ready" }
  | { kind: "refused" } // the person is signed in but is no reviewer
  | { kind: "broken"; message: string };

/** Reasons to keep rows where they are. */
export type Hold = "pointer" | "focus" | "scrolled" | "away";

/** The choices with a count beside them; the database counts, whatever rows are loaded. */
export const COUNTED = ["review", "failed", "dead"] as const satisfies readonly Show[];
export type Counts = Partial<Record<(typeof COUNTED)[number], number>>;

/** The scans of one view, live: a row changes in place, and stays in place while it is held. */
export class Worklist {
  readonly state = signal<WorklistState>({ kind: "loading" });
  readonly view = signal<View>(FIRST_VIEW);
  /** True while the rows shown are still those of the previous view. */
  readonly changing = signal(false);
  readonly hasMore = signal(false);
  readonly counts = signal<Counts>({});
  /** The row that had the focus last, so that coming back from a scan finds it again. */
  readonly lastOpened = signal<string | null>(null);
  /** The errors of failed retry requests, by scan id. */
  readonly retryErrors = signal<Record<string, string>>({});
  /** True while many scans are retried, one after the other. */
  readonly isRetrying = signal(false);

  readonly visible = computed(() => this.ofView(this.steady.shown.value));

  /** The same as rows: the series of a study share one. */
  readonly rows = computed<readonly ListRow[]>(() => {
    this.earlierRows = rowsOf(this.visible.value, this.earlierRows);
    return this.earlierRows;
  });
  /** What the series of a study say together, of rows near the window. */
  readonly studies: ListedStudies;

  readonly steady: SteadyRows;
  private earlierRows: readonly ListRow[] = [];
  private pages: LivePages | null = null;
  private stopPages: Stop = () => {};
  private holds = new Set<Hold>();
  private email = "";
  private typing: ReturnType<typeof setTimeout> | undefined;
  private counting: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly feed: Rows,
    scans: Pick<Scans, "watchScan">,
    private readonly api: Pick<Api, "retry">,
    studies: Pick<Studies, "watch">,
  ) {
    this.studies = new ListedStudies(studies);
    this.steady = new SteadyRows(scans);
  }

  get waiting() {
    return this.steady.waiting;
  }

  start(email: string): void {
    this.email = email;
    this.state.value = { kind: "loading" };
    this.follow();
  }

  end(): void {
    clearTimeout(this.typing);
    clearTimeout(this.counting);
    this.counting = undefined;
    this.stopPages();
    this.steady.update([]);
    this.steady.showAll();
    this.studies.forget();
    this.counts.value = {};
    this.state.value = { kind: "loading" };
  }

  /** Starts over after the database refused or failed. */
  again(): void {
    this.start(this.email);
  }

  /** Changes the view: at once for a choice, after a pause in typing for a search. */
  show(change: Partial<View>): void {
    const before = this.view.peek();
    const after = { ...before, ...change };
    this.view.value = after;
    clearTimeout(this.typing);
    if (before.show !== after.show || before.order !== after.order) this.follow();
    else if (termOf(before.search) !== termOf(after.search)) {
      this.typing = setTimeout(() => this.follow(), TYPING_PAUSE_MS);
    }
  }

  showMore(): void {
    this.pages?.more();
  }

  /** Keeps rows where they are for a reason, until every reason is gone. */
  hold(why: Hold, holds: boolean): void {
    if (holds === this.holds.has(why)) return;
    if (holds) this.holds.add(why);
    else this.holds.delete(why);
    this.steady.hold(this.holds.size > 0);
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

  async retryAll(scanIds: readonly string[]): Promise<void> {
    if (this.isRetrying.peek()) return;
    this.isRetrying.value = true;
    for (const id of scanIds) await this.retry(id);
    this.isRetrying.value = false;
  }

  /** The scan to open `step` rows below the given one's; null at either end of the list. */
  neighbour(scanId: string, step: 1 | -1): { id: string } | null {
    const rows = this.rows.peek();
    const index = rows.findIndex((row) => this.shows(row, scanId));
    if (index < 0) return null;
    if (index + step >= rows.length - 1) this.showMore();
    const row = rows[index + step];
    return row ? { id: opened(row, this.studyOf(row)) } : null;
  }

  /**
   * The next scan to review: in the order shown, then among rows held back, then the first that the
   * database finds. `labelled` are scans whose label is still being sent. "unknown": the database
   * does not say whether there is one.
   */
  async nextToReview(
    scanId: string,
    labelled: ReadonlySet<string>,
  ): Promise<Scan | "none" | "unknown"> {
    const { show, order, search } = this.view.peek();
    const next = (scans: readonly Scan[]) => nextToReview(scans, scanId, labelled);
    const found = next(this.visible.peek()) ?? next(this.ofView(this.steady.live));
    const loaded = found && this.bestBeside(found, scanId, labelled);
    if (loaded || show === "failed" || show === "dead") return loaded ?? "none";
    if (show === "mine") return this.hasMore.peek() ? "unknown" : "none";

    const waiting: RowsQuery = { show: "review", order, term: termOf(search), email: this.email };
    const count = labelled.size + (search ? PAGE_SIZE : 1); // the database checks a search in part
    try {
      const first = await this.feed.first(waiting, count);
      return next(this.ofView(first)) ?? (first.length < count ? "none" : "unknown");
    } catch {
      return "unknown";
    }
  }

  /** The best series of the scan's study that waits for a review as well. */
  private bestBeside(scan: Scan, scanId: string, labelled: ReadonlySet<string>): Scan {
    const row = this.rows.peek().find(({ members }) => members.includes(scan));
    if (!row || row.lead.id === scanId) return scan;
    return nextToReview([row.lead], scanId, labelled) ?? scan;
  }

  private shows(row: ListRow, scanId: string): boolean {
    const isOfRow = [row.archive, ...row.members].some((scan) => scan?.id === scanId);
    return isOfRow || Object.hasOwn(this.studyOf(row)?.series ?? {}, scanId);
  }

  private studyOf({ studyKey }: ListRow): Study | null {
    return studyKey ? this.studies.of(studyKey).peek() : null;
  }

  /** The rows that match the whole view: the database can't check all of a search. */
  private ofView(rows: readonly Scan[]): Scan[] {
    const { search, show } = this.view.value;
    const found = rows.filter((scan) => isFoundBy(search, scan));
    return show === "mine" ? found.filter((scan) => isOf(this.email, scan)) : found;
  }

  private follow(): void {
    this.stopPages();
    this.changing.value = true;
    const { show, order, search } = this.view.peek();
    const query: RowsQuery = { show, order, term: termOf(search), email: this.email };
    const pages = new LivePages(this.feed, query, (error) => {
      this.state.value =
        error.code === "not-a-reviewer"
          ? { kind: "refused" }
          : { kind: "broken", message: error.message };
    });
    this.pages = pages;
    const stop = effect(() => {
      this.hasMore.value = pages.hasMore.value;
      if (pages.rows.value) this.take(pages.rows.value);
    });
    this.stopPages = () => {
      stop();
      pages.stop();
    };
  }

  private take(rows: Scan[]): void {
    this.steady.update(rows);
    if (this.changing.peek()) this.steady.showAll(); // somebody asked for other rows
    this.changing.value = false;
    // Only people who may see rows may count them.
    this.countSoon(this.state.peek().kind === "ready" ? COUNT_PAUSE_MS : 0);
    this.state.value = { kind: "ready" };
  }

  /** Counts after a pause, so that many changes in a row are counted once. */
  private countSoon(pauseMs: number): void {
    if (this.counting !== undefined) return;
    const counting = setTimeout(async () => {
      const query = { order: FIRST_VIEW.order, term: null, email: this.email };
      // No number is better than an old one; the rows say what is wrong.
      const counts = await Promise.all(
        COUNTED.map((show) => this.feed.count({ ...query, show })),
      ).catch(() => []);
      if (this.counting !== counting) return; // its person has left, or the rows were asked for anew
      this.counting = undefined;
      this.counts.value = Object.fromEntries(COUNTED.map((show, i) => [show, counts[i]]));
    }, pauseMs);
    this.counting = counting;
  }
}
