"""The page of a reading as a DICOM Encapsulated PDF."""

from typing import Final

from highdicom.base import SOPClass
from pydicom.dataset import Dataset
from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian

from discai.export.answer import MAKER, Answer
from discai.export.equipment import equipment, stamp
from discai.export.page import page_of
from discai.export.source import Source
from discai.report import RESEARCH_USE

KIND: Final = "PDF"
_SERIES_NUMBER: Final = 9003


def document(source: Source, answer: Answer, segmentation: Dataset) -> Dataset:
    """The page with the header of an archive's object, with nobody's name in it."""
    model, label = answer.key
    uids = source.result_uids(KIND, model, label)
    page = page_of(answer)
    result = SOPClass(
        study_instance_uid=source.study,
        series_instance_uid=uids.series,
        series_number=_SERIES_NUMBER,
        sop_instance_uid=uids.instance,
        sop_class_uid=EncapsulatedPDFStorage,
        instance_number=1,
        modality="DOC",
        transfer_syntax_uid=ExplicitVRLittleEndian,
        series_description=f"{MAKER} {model} page",
        **equipment(answer, answer.said_at),
    )
    result.ConversionType = "WSD"
    result.AcquisitionDateTime = None
    # The page names nobody; but the picture is the source's, with what may be written in it.
    result.BurnedInAnnotation = source.header.get("BurnedInAnnotation") or "NO"
    result.DocumentTitle = f"{MAKER} reading. {RESEARCH_USE}"
    result.ConceptNameCodeSequence = []
    result.SourceInstanceSequence = [
        _reference(each) for each in (*source.nameless_files(), segmentation)
    ]
    result.MIMETypeOfEncapsulatedDocument = "application/pdf"
    result.EncapsulatedDocumentLength = len(page)
    result.EncapsulatedDocument = page + b"\0" * (len(page) % 2)
    stamp(result, answer.said_at)
    return result


def _reference(instance: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = instance.SOPClassUID
    item.ReferencedSOPInstanceUID = instance.SOPInstanceUID
    return item
