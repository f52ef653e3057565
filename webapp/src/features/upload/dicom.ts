import type { DataSet } from "dicom-parser";

/** The series that a DICOM file belongs to, from its first bytes. */
export interface DicomHeader {
  series: string | null;
  description: string;
  modality: string;
  hasNoPicture: boolean;
}

const MODALITY = "x00080060";
const SERIES_DESCRIPTION = "x0008103e";
const SERIES_INSTANCE_UID = "x0020000e";
/** Reports, presentation states, key objects and documents: files of a study without pixels. */
const WITHOUT_PICTURE = new Set(["SR", "PR", "KO", "DOC", "REG", "PLAN", "RTSTRUCT"]);

/** The header in the first bytes of a file; null if they can't be parsed, which the worker may. */
export async function readDicomHeader(head: Uint8Array): Promise<DicomHeader | null> {
  const { default: parser } = await import("dicom-parser"); // only who drops DICOM needs it
  let data: DataSet;
  try {
    data = parser.parseDicom(head, { untilTag: SERIES_INSTANCE_UID });
  } catch {
    return null;
  }
  const modality = data.string(MODALITY) ?? "";
  return {
    series: data.string(SERIES_INSTANCE_UID) ?? null,
    description: data.string(SERIES_DESCRIPTION) ?? "",
    modality,
    hasNoPicture: WITHOUT_PICTURE.has(modality),
  };
}
