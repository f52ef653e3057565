import { collection, doc, type Firestore, limit, query, where } from "@firebase/firestore";
import type { FilingOrder, StudyRecord } from "../records";
import type { Studies } from "./cloud";
import { followDocument, followRows } from "./live";

/** A patient who has more is no patient, but an id that a hospital gives to many. */
const MOST_OF_PATIENT = 20;

export function connectStudies(db: Firestore): Studies {
  return {
    watch: (studyKey, seen, failed) =>
      followDocument<StudyRecord>(
        doc(db, "studies", studyKey),
        (record) => seen(record && { key: studyKey, ...record }),
        failed,
      ),
    watchFiling: (studyKey, seen, failed) =>
      followDocument<FilingOrder>(doc(db, "filing", studyKey), seen, failed),
    watchPatient: (patientKey, seen, failed) =>
      followRows(
        query(
          collection(db, "studies"),
          where("patientKey", "==", patientKey),
          limit(MOST_OF_PATIENT),
        ),
        (rows) => seen(rows.docs.map((row) => ({ key: row.id, ...(row.data() as StudyRecord) }))),
        failed,
      ),
  };
}
