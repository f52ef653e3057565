import { signal } from "@preact/signals";
import type { Scan } from "../../cloud/documents";
import type { CloudError } from "../../cloud/errors";
import type { Stop } from "../../cloud/live";
import type { Cursor, PageBounds, PageOfScans, Rows, RowsQuery } from "../../cloud/rows";

export const PAGE_SIZE = 50;

/** One page as it was last seen, with the function that stops following it. */
interface Page {
  after: Cursor | null;
  seen: PageOfScans | null;
  stop: Stop;
}

/**
 * The rows of one query, live, a page at a time.
 *
 * The last page has a limited number of rows. When the next one opens behind its last row, that row
 * becomes the page's end: it may then grow and shrink, and no row is lost between two pages.
 */
export class LivePages {
  /** The rows in the order of the query; null until the first page is there. */
  readonly rows = signal<Scan[] | null>(null);
  readonly hasMore = signal(false);

  private pages: Page[] = [];

  constructor(
    private readonly feed: Rows,
    private readonly query: RowsQuery,
    private readonly failed: (error: CloudError) => void,
  ) {
    this.open(null);
  }

  more(): void {
    const last = this.pages.at(-1);
    if (!last?.seen?.last || !this.hasMore.peek()) return;
    this.hasMore.value = false;
    const end = last.seen.last;
    last.stop();
    last.stop = this.follow(last, { after: last.after, end });
    this.open(end);
  }

  stop(): void {
    for (const page of this.pages) page.stop();
    this.pages = [];
  }

  private open(after: Cursor | null): void {
    const page: Page = { after, seen: null, stop: () => {} };
    this.pages.push(page);
    page.stop = this.follow(page, { after, end: PAGE_SIZE });
  }

  private follow(page: Page, bounds: PageBounds): Stop {
    return this.feed.watchPage(
      this.query,
      bounds,
      (seen) => {
        page.seen = seen;
        this.tell();
      },
      this.failed,
    );
  }

  private tell(): void {
    const seen = this.pages.filter((page) => page.seen !== null);
    const last = this.pages.at(-1);
    if (last?.seen) this.hasMore.value = last.seen.scans.length >= PAGE_SIZE;
    const byId = new Map<string, Scan>();
    for (const page of seen) for (const scan of page.seen?.scans ?? []) byId.set(scan.id, scan);
    this.rows.value = [...byId.values()];
  }
}
