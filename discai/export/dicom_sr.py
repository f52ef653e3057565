"""DICOM Structured Report of a reading: TID 1500, a group for each disc and one for the spine."""

from collections.abc import Iterable
from typing import Final

from highdicom import sr
from highdicom.coding_schemes import CodingSchemeIdentificationItem
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.uid import Comprehensive3DSRStorage

from discai.anatomy import LEVELS, disc_value
from discai.export.answer import MAKER, Answer
from discai.export.codes import (
    ABSENT,
    DISCS,
    HERNIATION,
    HERNIATION_ANSWER,
    HERNIATION_PROBABILITY,
    HERNIATION_VERDICT,
    LATERAL_CURVE,
    LORDOSIS,
    LUMBAR_SPINE,
    OWN_SCHEME,
    PRESENT,
    SCOLIOSIS_HINT,
)
from discai.export.dicom_gradings import (
    grading_probabilities,
    models_gradings,
    probability,
    reviewers_gradings,
)
from discai.export.dicom_measures import (
    curve_measurements,
    grade_of,
    lordosis_measurement,
    measurements_of,
)
from discai.export.dicom_seg import segment_numbers, tracking_uid
from discai.export.equipment import equipment, stamp
from discai.export.source import Source
from discai.pictures.quantities import rounded
from discai.reading import DiscReading
from discai.records.findings import is_herniated
from discai.report import RESEARCH_USE, write_report

KIND: Final = "SR"
_SERIES_NUMBER: Final = 9002

_Group = (
    sr.VolumetricROIMeasurementsAndQualitativeEvaluations | sr.MeasurementsAndQualitativeEvaluations
)


def report(source: Source, answer: Answer, segmentation: Dataset) -> Dataset:
    """The report on a segmentation's discs, with nobody's name in it.

    A verdict makes it another document, which names the one that it takes the place of. It is
    never final or verified: that would ask for a person who answers for it.
    """
    model, label = answer.key
    uids = source.result_uids(KIND, model, label)
    document = sr.Comprehensive3DSR(
        evidence=[segmentation, *source.nameless_files()],
        content=_content(source, answer, segmentation)[0],
        series_instance_uid=uids.series,
        series_number=_SERIES_NUMBER,
        sop_instance_uid=uids.instance,
        instance_number=1,
        is_complete=True,
        series_description=f"{MAKER} {model} report",
        coding_schemes=[
            CodingSchemeIdentificationItem(
                designator=OWN_SCHEME, name=MAKER, responsible_organization=MAKER
            )
        ],
        previous_versions=_previous(source, answer),
        **equipment(answer, answer.said_at),
    )
    stamp(document, answer.said_at)
    return document


def _content(source: Source, answer: Answer, segmentation: Dataset) -> sr.MeasurementReport:
    model = answer.reading.model_version
    device = sr.DeviceObserverIdentifyingAttributes(
        uid=source.uid("observer", model),
        name=MAKER,
        manufacturer_name=MAKER,
        model_name=MAKER,
        serial_number=model,
    )
    content = sr.MeasurementReport(
        observation_context=sr.ObservationContext(
            observer_device_context=sr.ObserverContext(codes.DCM.Device, device)
        ),
        procedure_reported=codes.cid100.MRIUnspecifiedBodyRegion,
        imaging_measurements=list(_groups(source, answer, segmentation)),
        title=codes.cid7021.ImagingMeasurementReport,
    )
    said = write_report(answer.reading, answer.herniation_threshold, answer.judged, answer.graded)
    for sentence in (RESEARCH_USE, *(line.text for line in said.findings), *said.remarks):
        content[0].ContentSequence.append(
            sr.TextContentItem(
                name=codes.DCM.Comment,
                value=sentence,
                relationship_type=sr.RelationshipTypeValues.CONTAINS,
            )
        )
    return content


def _groups(source: Source, answer: Answer, segmentation: Dataset) -> Iterable[_Group]:
    """Groups of the discs from the head down, those too that a reviewer alone has seen."""
    found = {disc.level: disc for disc in answer.reading.discs}
    for level in LEVELS:
        if level in found:
            yield _measured(source, answer, segmentation, found[level])
        elif level in answer.judged or level in answer.graded:
            yield sr.MeasurementsAndQualitativeEvaluations(
                tracking_identifier=_tracking(source, level),
                finding_type=HERNIATION,
                finding_sites=[sr.FindingSite(DISCS[level])],
                qualitative_evaluations=[
                    *_verdict(answer, level),
                    *reviewers_gradings(answer, level),
                ],
            )
    yield from _of_spine(source, answer)


def _of_spine(source: Source, answer: Answer) -> Iterable[_Group]:
    reading = answer.reading
    said: list[tuple[Code, list[sr.Measurement], list[sr.QualitativeEvaluation]]] = []
    if (lordosis_deg := rounded(reading.lordosis_deg)) is not None:
        said.append((LORDOSIS, [lordosis_measurement(lordosis_deg)], []))
    if curve := reading.lateral_curve:
        hint = sr.QualitativeEvaluation(SCOLIOSIS_HINT, _present(curve.suggests_scoliosis))
        said.append((LATERAL_CURVE, curve_measurements(curve), [hint]))
    for finding, measurements, evaluations in said:
        yield sr.MeasurementsAndQualitativeEvaluations(
            tracking_identifier=sr.TrackingIdentifier(
                uid=source.uid("structure", finding.value), identifier=finding.meaning
            ),
            finding_type=finding,
            finding_sites=[sr.FindingSite(LUMBAR_SPINE)],
            algorithm_id=_model(answer),
            measurements=measurements,
            qualitative_evaluations=evaluations,
        )


def _measured(source: Source, answer: Answer, segmentation: Dataset, disc: DiscReading) -> _Group:
    herniated = is_herniated(disc.herniation, answer.herniation_threshold)
    return sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking(source, disc.level),
        referenced_segment=_segment(source, answer, segmentation, disc.level),
        finding_type=HERNIATION,
        finding_sites=[sr.FindingSite(DISCS[disc.level])],
        algorithm_id=_model(answer),
        measurements=[
            probability(HERNIATION_PROBABILITY, disc.herniation),
            *grading_probabilities(disc),
            *measurements_of(source, answer, disc),
        ],
        qualitative_evaluations=[
            sr.QualitativeEvaluation(HERNIATION_ANSWER, _present(herniated)),
            *_verdict(answer, disc.level),
            *grade_of(disc),
            *models_gradings(disc),
            *reviewers_gradings(answer, disc.level),
        ],
    )


def _model(answer: Answer) -> sr.AlgorithmIdentification:
    return sr.AlgorithmIdentification(
        name=MAKER,
        version=answer.reading.model_version,
        parameters=[
            f"model digest {answer.reading.model_digest}",
            f"herniation threshold {answer.herniation_threshold:.4f}",
            RESEARCH_USE,
        ],
        family=codes.cid7162.ArtificialIntelligence,
    )


def _tracking(source: Source, level: str) -> sr.TrackingIdentifier:
    return sr.TrackingIdentifier(
        uid=tracking_uid(source, disc_value(level)), identifier=f"Disc {level}"
    )


def _segment(
    source: Source, answer: Answer, segmentation: Dataset, level: str
) -> sr.ReferencedSegment:
    """The disc's segment, and the source's images on which it is to be seen."""
    value = disc_value(level)
    shown = (answer.mask == value).any(axis=(1, 2))
    frames: dict[tuple[str, str], list[int]] = {}
    for reference, is_shown in zip(source.references, shown, strict=True):
        if is_shown:
            numbers = frames.setdefault((reference.sop_class, reference.instance), [])
            numbers += [reference.frame] if reference.frame is not None else []
    return sr.ReferencedSegment(
        sop_class_uid=segmentation.SOPClassUID,
        sop_instance_uid=segmentation.SOPInstanceUID,
        segment_number=segment_numbers(answer)[value],
        source_images=[
            sr.SourceImageForSegmentation(sop_class, instance, numbers or None)
            for (sop_class, instance), numbers in frames.items()
        ],
    )


def _verdict(answer: Answer, level: str) -> list[sr.QualitativeEvaluation]:
    return [
        sr.QualitativeEvaluation(HERNIATION_VERDICT, _present(herniated))
        for each, herniated in answer.judged.items()
        if each == level
    ]


def _present(herniated: bool) -> Code:
    return PRESENT if herniated else ABSENT


def _previous(source: Source, answer: Answer) -> list[Dataset] | None:
    if answer.predecessor is None:
        return None
    before = Dataset()
    before.SOPClassUID = Comprehensive3DSRStorage
    before.StudyInstanceUID, before.SeriesInstanceUID = source.study, answer.predecessor.series
    before.SOPInstanceUID = answer.predecessor.instance
    return [before]
