import {
  and,
  collection,
  documentId,
  endAt,
  type Firestore,
  getCountFromServer,
  getDocs,
  getDocsFromServer,
  limit,
  onSnapshot,
  or,
  orderBy,
  query,
  type QueryCompositeFilterConstraint,
  type QueryDocumentSnapshot,
  type QueryNonFilterConstraint,
  type QuerySnapshot,
  startAfter,
  where,
} from "@firebase/firestore";
import type { ScanRecord } from "../records";
import type { Scan } from "./documents";
import type { CloudError } from "./errors";
import type { Stop } from "./live";
import { followRows, soon } from "./live";

/** The choices of scans that the worklist offers; each is a query of Firestore. */
export const SHOWS = ["all", "review", "failed", "dead", "mine"] as const;
export type Show = (typeof SHOWS)[number];

/** The orders that the worklist offers; each is a field of the scan and needs its indexes. */
export const ORDERS = ["newest", "oldest", "uncertain", "herniation"] as const;
export type Order = (typeof ORDERS)[number];

export interface RowsQuery {
  show: Show;
  order: Order;
  /** The beginning of a word that a scan must have among its search terms. */
  term: string | null;
  /** The address of the person whose scans are "mine". */
  email: string;
}

/** A place in the order of a query: after the row that it was taken from. */
export type Cursor = object;

/** The part of a query that one page covers, from after a cursor up to and with another. */
export interface PageBounds {
  after: Cursor | null;
  /** The last row of the page, or the number of its rows. */
  end: Cursor | number;
}

export interface PageOfScans {
  scans: Scan[];
  /** The place behind the last row; null without rows. */
  last: Cursor | null;
}

/** Pages of scans, live. */
export interface Rows {
  watchPage(
    rows: RowsQuery,
    bounds: PageBounds,
    seen: (page: PageOfScans) => void,
    failed: (error: CloudError) => void,
  ): Stop;
  count(rows: RowsQuery): Promise<number>;
  /** Fetches the first rows of the query from the server; rejects if it does not answer. */
  first(rows: RowsQuery, count: number): Promise<Scan[]>;
  /** Follows the scan of an uploaded object; null until there is one. */
  watchObject(objectName: string, seen: (scan: Scan | null) => void): Stop;
  /** Fetches scans whose file has this many bytes. */
  ofSize(bytes: number): Promise<Scan[]>;
}

/** One condition of a Firestore query, as data, so that a test can compare it with the indexes. */
export interface Condition {
  field: "status" | "lastLabelAt" | "uploadedBy" | "labelledBy" | "searchTerms";
  op: "==" | "array-contains";
  value: string | null;
}

export function conditionsOf({ show, term, email }: Omit<RowsQuery, "order">): {
  all: Condition[];
  any: Condition[];
} {
  const all: Condition[] = [];
  const any: Condition[] = [];
  if (show === "review") {
    all.push({ field: "status", op: "==", value: "done" });
    all.push({ field: "lastLabelAt", op: "==", value: null });
  } else if (show === "failed" || show === "dead") {
    all.push({ field: "status", op: "==", value: show });
  } else if (show === "mine" && term === null) {
    // Firestore allows one array-contains in a query: a search among one's own is narrowed here.
    any.push({ field: "uploadedBy", op: "==", value: email });
    any.push({ field: "labelledBy", op: "array-contains", value: email });
  }
  if (term !== null) all.push({ field: "searchTerms", op: "array-contains", value: term });
  return { all, any };
}

export const ORDER_FIELDS: Record<
  Order,
  ["createdAt" | "uncertainty" | "highestHerniation", "asc" | "desc"]
> = {
  newest: ["createdAt", "desc"],
  oldest: ["createdAt", "asc"],
  uncertain: ["uncertainty", "desc"],
  herniation: ["highestHerniation", "desc"],
};

export function connectRows(db: Firestore): Rows {
  const scans = collection(db, "scans");

  function filtered(rows: RowsQuery): QueryCompositeFilterConstraint {
    const { all, any } = conditionsOf(rows);
    const asked = ({ field, op, value }: Condition) => where(field, op, value);
    return and(...all.map(asked), ...(any.length > 0 ? [or(...any.map(asked))] : []));
  }

  return {
    watchPage: (rows, { after, end }, seen, failed) => {
      const [field, direction] = ORDER_FIELDS[rows.order];
      const parts: QueryNonFilterConstraint[] = [orderBy(field, direction)];
      if (after) parts.push(startAfter(after as QueryDocumentSnapshot));
      parts.push(typeof end === "number" ? limit(end) : endAt(end as QueryDocumentSnapshot));
      const known = new Map<string, Scan>();
      return followRows(
        query(scans, filtered(rows), ...parts),
        (snapshot) => {
          remember(known, snapshot);
          seen({
            scans: snapshot.docs.map(({ id }) => known.get(id) as Scan),
            last: snapshot.docs.at(-1) ?? null,
          });
        },
        failed,
      );
    },
    count: async (rows) =>
      (await soon(getCountFromServer(query(scans, filtered(rows))))).data().count,
    first: async (rows, count) => {
      const order = orderBy(...ORDER_FIELDS[rows.order]);
      const found = await soon(
        getDocsFromServer(query(scans, filtered(rows), order, limit(count))),
      );
      return found.docs.map(toScan);
    },
    watchObject: (objectName, seen) =>
      onSnapshot(
        query(scans, where("object.name", "==", objectName), limit(1)),
        ({ docs: [row] }) => seen(row ? toScan(row) : null),
        () => {}, // the worklist says when the database does not answer
      ),
    ofSize: async (bytes) => {
      const found = await getDocs(
        query(scans, where("object.size", "==", bytes), orderBy(documentId()), limit(20)),
      );
      return found.docs.map(toScan);
    },
  };
}

/** Only rows that changed become new objects, so that the others are not drawn again. */
function remember(known: Map<string, Scan>, snapshot: QuerySnapshot): void {
  for (const { type, doc } of snapshot.docChanges()) {
    if (type === "removed") known.delete(doc.id);
    else known.set(doc.id, toScan(doc));
  }
}

function toScan(row: QueryDocumentSnapshot): Scan {
  return { id: row.id, ...(row.data() as ScanRecord) };
}
