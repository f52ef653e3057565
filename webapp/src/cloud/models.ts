import { collection, doc, type Firestore, limit, orderBy, query, where } from "@firebase/firestore";
import type {
  ModelVersion,
  ProductionPointer,
  Reread,
  RetrainingControl,
  RetrainingRun,
  Reviewer,
  ScanRecord,
} from "../records";
import type { CloudError } from "./errors";
import type { Stop } from "./live";
import { followDocument, followRows } from "./live";

type Seen<T> = (document: T | null) => void;
type Failed = (error: CloudError) => void;

/** Live views of what is known about models and their retraining. */
export interface Models {
  watchProduction(seen: Seen<ProductionPointer>, failed: Failed): Stop;
  watchRetraining(seen: Seen<RetrainingControl>, failed: Failed): Stop;
  /** Follows the newest runs, the newest first. */
  watchRuns(count: number, seen: (runs: RetrainingRun[]) => void, failed: Failed): Stop;
  watchModel(version: string, seen: Seen<ModelVersion>, failed: Failed): Stop;
  /** Follows the newest orders to read a scan again with this model, the newest first. */
  watchRereads(
    version: string,
    count: number,
    seen: (rereads: Reread[]) => void,
    failed: Failed,
  ): Stop;
  /**
   * Follows the version of the model that read the newest scan: it works, whether or not a pointer
   * names it.
   */
  watchNewestReading(seen: (modelVersion: string | null) => void, failed: Failed): Stop;
  /** Follows the role of the account with this address. */
  watchRole(email: string, seen: (role: Reviewer["role"] | null) => void): Stop;
}

export function connectModels(db: Firestore): Models {
  return {
    watchProduction: (seen, failed) =>
      followDocument(doc(db, "control", "production"), seen, failed),
    watchRetraining: (seen, failed) =>
      followDocument(doc(db, "control", "retraining"), seen, failed),
    watchModel: (version, seen, failed) => followDocument(doc(db, "models", version), seen, failed),
    watchRuns: (count, seen, failed) =>
      followRows(
        query(collection(db, "runs"), orderBy("epoch", "desc"), limit(count)),
        (rows) => seen(rows.docs.map((row) => row.data() as RetrainingRun)),
        failed,
      ),
    watchRereads: (version, count, seen, failed) =>
      followRows(
        query(
          collection(db, "models", version, "rereads"),
          orderBy("askedAt", "desc"),
          limit(count),
        ),
        (rows) => seen(rows.docs.map((row) => row.data() as Reread)),
        failed,
      ),
    watchNewestReading: (seen, failed) =>
      followRows(
        query(
          collection(db, "scans"),
          where("status", "==", "done"),
          orderBy("createdAt", "desc"),
          limit(1),
        ),
        ({ docs: [row] }) => seen(row ? (row.data() as ScanRecord).modelVersion : null),
        failed,
      ),
    watchRole: (email, seen) =>
      followDocument<Reviewer>(
        doc(db, "reviewers", email),
        (reviewer) => seen(reviewer?.role ?? null),
        () => seen(null), // whoever may not even ask has no role
      ),
  };
}
