import { collection, type Firestore, limit, query, where } from "@firebase/firestore";
import type { Gather } from "../records";
import type { Gathers } from "./cloud";
import { followRows } from "./live";

/** More series than a page needs to say that many come in. */
const MOST = 200;

export function connectGathers(db: Firestore): Gathers {
  return {
    watch: (seen, failed) =>
      followRows(
        query(collection(db, "gathers"), where("state", "in", ["open", "closing"]), limit(MOST)),
        (rows) => seen(rows.docs.map((row) => row.data() as Gather)),
        failed,
      ),
  };
}
