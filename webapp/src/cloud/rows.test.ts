import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { conditionsOf, ORDER_FIELDS, ORDERS, SHOWS } from "./rows";

interface Index {
  collectionGroup: string;
  fields: { fieldPath: string; order?: string; arrayConfig?: string }[];
}

const FILE = new URL("../../../infrastructure/firestore.indexes.json", import.meta.url);
const { indexes } = JSON.parse(readFileSync(FILE, "utf8")) as { indexes: Index[] };

function isIndexed(fields: Index["fields"]): boolean {
  return indexes.some(
    (index) =>
      index.collectionGroup === "scans" && JSON.stringify(index.fields) === JSON.stringify(fields),
  );
}

describe("every query of the worklist", () => {
  // Firestore merges indexes of single equalities that end in the same order:
  // https://firebase.google.com/docs/firestore/query-data/index-overview#taking_advantage_of_index_merging
  it.each(SHOWS.flatMap((show) => ORDERS.map((order) => [show, order] as const)))(
    "has its indexes: %s, %s first",
    (show, order) => {
      const [field, direction] = ORDER_FIELDS[order];
      const last = { fieldPath: field, order: direction === "asc" ? "ASCENDING" : "DESCENDING" };
      for (const term of [null, "case"]) {
        const { all, any } = conditionsOf({ show, term, email: "rad@hospital.org" });
        for (const { field: fieldPath, op } of [...all, ...any]) {
          const first = op === "==" ? { order: "ASCENDING" } : { arrayConfig: "CONTAINS" };
          expect(isIndexed([{ fieldPath, ...first }, last])).toBe(true);
        }
      }
    },
  );
});
