import {
  collection,
  deleteDoc,
  doc,
  type Firestore,
  type FirestoreError,
  orderBy,
  query,
  serverTimestamp,
  setDoc,
} from "@firebase/firestore";
import { computed, signal } from "@preact/signals";
import type { Distance } from "../records";
import type { Annotations } from "./cloud";
import { CloudError } from "./errors";
import { followRows } from "./live";
import { reach } from "./reach";

export function connectAnnotations(db: Firestore): Annotations {
  const waiting = signal(0);
  const written = async (write: Promise<void>): Promise<void> => {
    waiting.value += 1;
    try {
      await reach.answer("database", write);
    } catch (error) {
      const { code } = error as FirestoreError;
      throw new CloudError("refused", `The database refused it (${code}).`);
    } finally {
      waiting.value -= 1;
    }
  };
  const of = (scanId: string) => collection(db, "scans", scanId, "annotations");
  return {
    watch: (scanId, seen, failed) =>
      followRows(
        query(of(scanId), orderBy("createdAt")),
        (rows) =>
          seen(
            rows.docs.map((row) => {
              const distance = row.data({ serverTimestamps: "estimate" }) as Distance;
              return { id: row.id, ...distance };
            }),
          ),
        failed,
      ),
    add: (scanId, { id, ...distance }) =>
      written(setDoc(doc(of(scanId), id), { ...distance, createdAt: serverTimestamp() })),
    remove: (scanId, id) => written(deleteDoc(doc(of(scanId), id))),
    wouldLose: computed(() => waiting.value > 0),
  };
}
