import { collection, doc, type Firestore, orderBy, query } from "@firebase/firestore";
import type { Event, Prediction, ScanRecord } from "../records";
import type { Scans } from "./cloud";
import { followDocument, followRows } from "./live";

export function connectScans(db: Firestore): Scans {
  return {
    watchScan: (scanId, seen, failed) =>
      followDocument<ScanRecord>(
        doc(db, "scans", scanId),
        (record) => seen(record && { id: scanId, ...record }),
        failed,
      ),
    watchPredictions: (scanId, seen, failed) =>
      followRows(
        collection(db, "scans", scanId, "predictions"),
        (rows) => seen(rows.docs.map((row) => row.data() as Prediction)),
        failed,
      ),
    watchEvents: (scanId, seen, failed) =>
      followRows(
        query(collection(db, "scans", scanId, "events"), orderBy("at")),
        (rows) => seen(rows.docs.map((row) => row.data() as Event)),
        failed,
      ),
  };
}
