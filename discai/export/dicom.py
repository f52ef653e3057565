"""`dicom_results`: an answer as an archive takes it."""

import io
from collections.abc import Mapping

from pydicom.dataset import Dataset

from discai.export.answer import Answer
from discai.export.dicom_pdf import document
from discai.export.dicom_seg import segmentation
from discai.export.dicom_sr import report
from discai.export.discretion import discreetly
from discai.export.patient import adopt
from discai.export.source import Source
from discai.pictures.output import PAGE_DICOM, REPORT_DICOM, SEGMENTATION_DICOM


def dicom_results(source: Source, answer: Answer) -> dict[str, Dataset]:
    """Results by the name of the file that each makes, ready to be stored beside the source.

    They are new series of the source's study, with its patient. UIDs follow from the source, the
    model's version and the verdict: the same answer is the same instance, however often it is
    made, and another model's or verdict's is another one.

    Raises:
        PermanentError: `no-dicom-results` for a source whose headers nothing can be made of.
    """
    with discreetly():
        seg = segmentation(source, answer)
        results = {
            SEGMENTATION_DICOM: seg,
            REPORT_DICOM: report(source, answer, seg),
            PAGE_DICOM: document(source, answer, seg),
        }
        for result in results.values():
            adopt(result, source.header)
    return results


def as_files(results: Mapping[str, Dataset]) -> dict[str, bytes]:
    """The bytes of the results' files; raises as `dicom_results`."""
    files = {}
    with discreetly():
        for name, result in results.items():
            buffer = io.BytesIO()
            result.save_as(buffer, enforce_file_format=True)
            files[name] = buffer.getvalue()
    return files
