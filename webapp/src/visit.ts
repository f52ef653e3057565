import type { StudyOfScan } from "./records";

/**
 * A key that series share only if their files say that they are of one visit of one person; null
 * where nothing but a folder or an archive puts them together, which may hold many people.
 */
export const visitOf = ({ studyKey, patientKey, frameKey }: StudyOfScan): string | null => {
  if (patientKey) return studyKey;
  return frameKey && `${studyKey} ${frameKey}`;
};
