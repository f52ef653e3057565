import type { Scan } from "../cloud/documents";
import type { CloudError } from "../cloud/errors";
import type { Stop } from "../cloud/live";
import {
  type Condition,
  conditionsOf,
  ORDER_FIELDS,
  type PageBounds,
  type PageOfScans,
  type Rows,
  type RowsQuery,
} from "../cloud/rows";

interface Watch {
  rows: RowsQuery;
  bounds: PageBounds;
  seen: (page: PageOfScans) => void;
  failed: (error: CloudError) => void;
}

/** A collection of scans that answers queries as Firestore does; a cursor is the row itself. */
export class FakeRows implements Rows {
  watches: Watch[] = [];
  counted = 0;
  private scans: Scan[] = [];

  watchPage(
    rows: RowsQuery,
    bounds: PageBounds,
    seen: (page: PageOfScans) => void,
    failed: (error: CloudError) => void,
  ): Stop {
    const watch = { rows, bounds, seen, failed };
    this.watches.push(watch);
    queueMicrotask(() => this.tell(watch));
    return () => (this.watches = this.watches.filter((each) => each !== watch));
  }

  async count(rows: RowsQuery): Promise<number> {
    this.counted += 1;
    return this.answer(rows).length;
  }

  async first(rows: RowsQuery, count: number): Promise<Scan[]> {
    return this.answer(rows).slice(0, count);
  }

  async ofSize(bytes: number): Promise<Scan[]> {
    return this.scans.filter(({ object }) => object.size === bytes);
  }

  watchObject(objectName: string, seen: (scan: Scan | null) => void): Stop {
    seen(this.scans.find(({ object }) => object.name === objectName) ?? null);
    return () => {};
  }

  /** Puts scans into the collection, in place of those with the same id, and tells who watches. */
  put(...scans: Scan[]): void {
    const ids = new Set(scans.map(({ id }) => id));
    this.scans = [...this.scans.filter(({ id }) => !ids.has(id)), ...scans];
    for (const watch of this.watches) this.tell(watch);
  }

  fail(error: CloudError): void {
    for (const { failed } of this.watches) failed(error);
  }

  private tell(watch: Watch): void {
    if (!this.watches.includes(watch)) return;
    const { after, end } = watch.bounds;
    const all = this.answer(watch.rows);
    const at = (cursor: object): number => all.findIndex(({ id }) => id === (cursor as Scan).id);
    const from = after ? at(after) + 1 : 0;
    const scans = all.slice(from, typeof end === "number" ? from + end : at(end) + 1);
    watch.seen({ scans, last: scans.at(-1) ?? null });
  }

  private answer(rows: RowsQuery): Scan[] {
    const { all, any } = conditionsOf(rows);
    const [field, direction] = ORDER_FIELDS[rows.order];
    const value = (scan: Scan): number =>
      field === "createdAt" ? scan.createdAt.toDate().getTime() : (scan[field] ?? -1);
    return this.scans
      .filter((scan) => all.every((each) => holds(each, scan)))
      .filter((scan) => any.length === 0 || any.some((each) => holds(each, scan)))
      .toSorted((a, b) => (direction === "asc" ? value(a) - value(b) : value(b) - value(a)));
  }
}

function holds({ field, op, value }: Condition, scan: Scan): boolean {
  const stored: unknown = scan[field];
  return op === "==" ? stored === value : (stored as unknown[]).includes(value);
}
