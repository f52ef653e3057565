import {
  collection,
  doc,
  type Firestore,
  type FirestoreError,
  limit,
  onSnapshot,
  orderBy,
  query,
} from "@firebase/firestore";
import type { Event, Prediction, ScanRecord } from "../records";
import { CloudError, type Scan, type Scans } from "./cloud";

export function connectScans(db: Firestore): Scans {
  return {
    watchNewest: (count, seen, failed) =>
      onSnapshot(
        query(collection(db, "scans"), orderBy("createdAt", "desc"), limit(count)),
        (rows) => seen(rows.docs.map((row) => toScan(row.id, row.data() as ScanRecord))),
        (error) => failed(inWords(error)),
      ),
    watchScan: (scanId, seen, failed) =>
      onSnapshot(
        doc(db, "scans", scanId),
        (row) => seen(row.exists() ? toScan(row.id, row.data() as ScanRecord) : null),
        (error) => failed(inWords(error)),
      ),
    watchPredictions: (scanId, seen, failed) =>
      onSnapshot(
        collection(db, "scans", scanId, "predictions"),
        (rows) => seen(rows.docs.map((row) => row.data() as Prediction)),
        (error) => failed(inWords(error)),
      ),
    watchEvents: (scanId, seen, failed) =>
      onSnapshot(
        query(collection(db, "scans", scanId, "events"), orderBy("at")),
        (rows) => seen(rows.docs.map((row) => row.data() as Event)),
        (error) => failed(inWords(error)),
      ),
  };
}

function toScan(id: string, record: ScanRecord): Scan {
  return { id, ...record };
}

export function inWords(error: FirestoreError): CloudError {
  if (error.code === "permission-denied") {
    return new CloudError("not-a-reviewer", "This account is no reviewer.");
  }
  return new CloudError(error.code, `The database does not answer (${error.code}).`);
}
