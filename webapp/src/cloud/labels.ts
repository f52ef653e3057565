import {
  collection,
  doc,
  type Firestore,
  type FirestoreError,
  getDocFromServer,
  getDocs,
  onSnapshot,
  orderBy,
  query,
  type QueryDocumentSnapshot,
  serverTimestamp,
  setDoc,
} from "@firebase/firestore";
import type { Label } from "../records";
import { CloudError, type Labels, type SavedLabel } from "./cloud";
import { inWords } from "./scans";

export function connectLabels(db: Firestore): Labels {
  const labelsOf = (scanId: string) =>
    query(collection(db, "scans", scanId, "labels"), orderBy("createdAt"));
  return {
    watch: (scanId, seen, failed) =>
      onSnapshot(
        labelsOf(scanId),
        (rows) => seen(rows.docs.map(toLabel)),
        (error) => failed(inWords(error)),
      ),
    list: async (scanId) => (await getDocs(labelsOf(scanId))).docs.map(toLabel),
    create: async (scanId, labelId, label) => {
      const place = doc(db, "scans", scanId, "labels", labelId);
      try {
        await setDoc(place, { ...label, createdAt: serverTimestamp() });
      } catch (error) {
        // A label that an earlier try brought there can't be written again: that is an update.
        const there = await getDocFromServer(place).catch(() => null);
        if (!there?.exists()) throw refusal(error as FirestoreError);
      }
    },
  };
}

function toLabel(row: QueryDocumentSnapshot): SavedLabel {
  return { id: row.id, ...(row.data({ serverTimestamps: "estimate" }) as Label) };
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
