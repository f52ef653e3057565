"""DICOM Segmentation of a reading: one segment for each disc, each vertebra and the canal."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import highdicom as hd
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian

from discai.export.answer import MAKER, Answer
from discai.export.codes import ANATOMICAL_STRUCTURE, structure_of
from discai.export.equipment import equipment, stamp
from discai.export.source import NAMELESS_SLICE, Reference, Source
from discai.report import RESEARCH_USE

KIND: Final = "SEG"
#: Scanners count series from 1: results come last in a list of them.
_SERIES_NUMBER: Final = 9001


def segmentation(source: Source, answer: Answer) -> Dataset:
    """The segmentation on the source's slices, with nobody's name in it.

    A voxel of segment n is one whose value in the mask is `answer.structures[n - 1]`; slices
    without any are left out, as the standard allows.
    """
    model = answer.reading.model_version
    uids = source.result_uids(KIND, model, label="")
    seg = hd.seg.Segmentation(
        source_images=source.nameless_slices(),
        pixel_array=_numbered(answer),
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=_segments(source, answer),
        series_instance_uid=uids.series,
        series_number=_SERIES_NUMBER,
        sop_instance_uid=uids.instance,
        instance_number=1,
        content_label="DISCAI",
        content_description=RESEARCH_USE,
        series_description=f"{MAKER} {model} segmentation",
        transfer_syntax_uid=ExplicitVRLittleEndian,
        content_creator_name=f"{MAKER}^",
        **equipment(answer, answer.made_at),
    )
    stamp(seg, answer.made_at)
    _name_dimensions(seg, source, model)
    _refer_to(source, seg)
    return seg


def segment_numbers(answer: Answer) -> dict[int, int]:
    """The number of the segment, from 1, of each value of the mask."""
    return {value: number for number, value in enumerate(answer.structures, start=1)}


def _numbered(answer: Answer) -> NDArray[np.uint8]:
    """The mask with the numbers of segments in place of its values."""
    numbers = np.zeros(256, np.uint8)
    for value, number in segment_numbers(answer).items():
        numbers[value] = number
    return numbers[answer.mask]


def _segments(source: Source, answer: Answer) -> list[hd.seg.SegmentDescription]:
    model = answer.reading.model_version
    algorithm = hd.AlgorithmIdentificationSequence(
        name=MAKER,
        family=codes.cid7162.ArtificialIntelligence,
        version=model,
        parameters={"digest": answer.reading.model_digest},
    )
    segments = []
    for value, number in segment_numbers(answer).items():
        name, code = structure_of(value)
        segments.append(
            hd.seg.SegmentDescription(
                segment_number=number,
                segment_label=name,
                segmented_property_category=ANATOMICAL_STRUCTURE,
                segmented_property_type=code,
                algorithm_type=hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
                algorithm_identification=algorithm,
                tracking_uid=tracking_uid(source, value),
                tracking_id=name,
            )
        )
    return segments


def tracking_uid(source: Source, value: int) -> str:
    """The UID of a structure of this patient's spine as this series shows it."""
    return source.uid("structure", str(value))


def _name_dimensions(seg: Dataset, source: Source, model: str) -> None:
    """Gives the organisation of the frames a UID that is the same each time."""
    uid = source.uid(KIND, "dimensions", model)
    for sequence in (seg.DimensionOrganizationSequence, seg.DimensionIndexSequence):
        for item in sequence:
            item.DimensionOrganizationUID = uid


def _refer_to(source: Source, seg: Dataset) -> None:
    """Puts the source's own images in place of the nameless slices that were drawn on."""
    stand_for = {
        source.uid(NAMELESS_SLICE, str(number)): reference
        for number, reference in enumerate(source.references)
    }
    for item in _items_of(seg):
        if (uid := item.get("ReferencedSOPInstanceUID")) in stand_for:
            _refer(item, stand_for[uid])
    for series in seg.ReferencedSeriesSequence:
        series.ReferencedInstanceSequence = _files(series.ReferencedInstanceSequence)


def _refer(item: Dataset, reference: Reference) -> None:
    item.ReferencedSOPClassUID = reference.sop_class
    item.ReferencedSOPInstanceUID = reference.instance
    if reference.frame is not None:
        item.ReferencedFrameNumber = reference.frame


def _files(instances: Sequence[Dataset]) -> list[Dataset]:
    """Each file once, whatever number of its frames was read."""
    files: dict[str, Dataset] = {}
    for item in instances:
        if "ReferencedFrameNumber" in item:
            del item.ReferencedFrameNumber
        files.setdefault(item.ReferencedSOPInstanceUID, item)
    return list(files.values())


def _items_of(dataset: Dataset) -> Iterator[Dataset]:
    """All items of all sequences, however deep."""
    for element in dataset:
        if element.VR == "SQ":
            items: Any = element.value
            for item in items:
                yield item
                yield from _items_of(item)
