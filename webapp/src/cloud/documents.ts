import type { Distance, Label, LabelledBox, ScanRecord, StudyRecord } from "../records";

/** `scans/{scanId}` together with its id. */
export interface Scan extends ScanRecord {
  id: string;
}

/** `studies/{studyKey}` together with its key. */
export interface Study extends StudyRecord {
  key: string;
}

/** `scans/{scanId}/labels/{labelId}` together with its id. */
export interface SavedLabel extends Label {
  id: string;
}

/** `scans/{scanId}/annotations/{annotationId}` together with its id. */
export interface SavedDistance extends Distance {
  id: string;
}

/** A distance before the server has put its time on it. */
export type NewDistance = Omit<SavedDistance, "createdAt">;

/** A label before the server has put its time on it. */
export type NewLabel = Omit<Label, "createdAt">;

/** A label on its way to its scan. */
export interface LabelOfScan {
  scanId: string;
  label: NewLabel;
}

/** The boxes of a label by slice number, as they are read. */
export type LabelledSlices = Readonly<Record<string, readonly LabelledBox[]>>;
