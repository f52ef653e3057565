import {
  collection,
  doc,
  type Firestore,
  type FirestoreError,
  getDocFromServer,
  getDocsFromServer,
  orderBy,
  query,
  type QuerySnapshot,
  serverTimestamp,
  writeBatch,
} from "@firebase/firestore";
import type { Label } from "../records";
import type { Labels } from "./cloud";
import type { SavedLabel } from "./documents";
import { CloudError } from "./errors";
import { inParts, putTogether } from "./label-parts";
import { followRows, inWords, soon } from "./live";
import { reach } from "./reach";

export function connectLabels(db: Firestore): Labels {
  const labelsOf = (scanId: string) =>
    query(collection(db, "scans", scanId, "labels"), orderBy("createdAt"));
  return {
    watch: (scanId, seen, failed) =>
      followRows(labelsOf(scanId), (rows) => seen(toLabels(rows)), failed),
    list: async (scanId) => {
      try {
        return toLabels(await soon(getDocsFromServer(labelsOf(scanId))));
      } catch (error) {
        throw error instanceof CloudError ? error : inWords(error as FirestoreError);
      }
    },
    create: async (scanId, labelId, label, others = []) => {
      const place = (scan: string, part: number) =>
        doc(db, "scans", scan, "labels", part === 0 ? labelId : `${labelId}-${part}`);
      const batch = writeBatch(db);
      for (const each of [{ scanId, label }, ...others]) {
        const { slices: _, gradings: __, ...whose } = each.label;
        for (const [part, said] of inParts(each.label).entries()) {
          const saved = { ...whose, ...said, createdAt: serverTimestamp() };
          batch.set(place(each.scanId, part), saved);
        }
      }
      try {
        await reach.answer("database", batch.commit());
      } catch (error) {
        // A label that an earlier try wrote can't be written again: that would be an update.
        const there = await getDocFromServer(place(scanId, 0)).catch(() => null);
        if (!there?.exists()) throw refusal(error as FirestoreError);
      }
    },
  };
}

function toLabels(rows: QuerySnapshot): SavedLabel[] {
  return putTogether(
    rows.docs.map((row) => {
      return { id: row.id, ...(row.data({ serverTimestamps: "estimate" }) as Label) };
    }),
  );
}

function refusal(error: FirestoreError): CloudError {
  if (error.code === "permission-denied") {
    return new CloudError(
      "refused",
      "The database refused it: this account may no longer label, or the label breaks a rule.",
    );
  }
  return new CloudError("refused", `The database refused it (${error.code}).`);
}
