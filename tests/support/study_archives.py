"""Studies as scanners, archives and CDs export them, drawn from the phantom, and what they hold."""

import gzip
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import (
    UID,
    EncapsulatedPDFStorage,
    EnhancedMRImageStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    KeyObjectSelectionDocumentStorage,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
    generate_uid,
)

from discai.phantom import Contrast, PhantomOptions, draw_phantom
from discai.scan.orientation import direction_of
from tests.support.scan_files import (
    dicom_bytes,
    dicom_slice,
    mha_bytes,
    nifti_bytes,
    picture_bytes,
    zip_bytes,
)

Files = dict[str, bytes]

#: Repetition, echo and inversion time in ms, as lumbar protocols have them.
TIMES: Final[dict[str, tuple[float, float, float | None]]] = {
    "T1": (600.0, 10.0, None),
    "T2": (3500.0, 100.0, None),
    "STIR": (4000.0, 60.0, 160.0),
    "PD": (2800.0, 20.0, None),
}
#: Directions of row and column, and the one in which slices follow each other.
_PLANES: Final = {
    "sagittal": ((0.0, 1.0, 0.0, 0.0, 0.0, -1.0), (-1.0, 0.0, 0.0)),
    "coronal": ((1.0, 0.0, 0.0, 0.0, 0.0, -1.0), (0.0, 1.0, 0.0)),
    "axial": ((1.0, 0.0, 0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
}
SLICES: Final = 7


@dataclass(frozen=True)
class Case:
    """One archive.

    Attributes:
        files: by their names in it.
        series: sequence and number of slices of each readable series, in order.
        left_out: what, reason (or how it begins) and count of each thing.
        refused: the code where nothing can be read.
        archive: its bytes, where they aren't just the zipped files.
    """

    files: Files
    series: list[tuple[str | None, int | None]] = field(default_factory=list)
    left_out: set[tuple[str, str, int]] = field(default_factory=set)
    refused: str = ""
    archive: bytes | None = None

    def zipped(self) -> bytes:
        """The archive."""
        return self.archive or zip_bytes(self.files)


@cache
def drawn(contrast: Contrast) -> NDArray[np.uint16]:
    """A small phantom `(slice, row, column)`: its midline in each, a little brighter every time."""
    options = PhantomOptions(contrast=contrast, slices=1, spacing_mm=(4.0, 1.5, 1.5))
    midline = draw_phantom(options).scan.voxels.astype(np.uint16)
    return midline + np.arange(SLICES, dtype=np.uint16)[:, None, None]


def acquisition(
    sequence: str = "T2",
    plane: str = "sagittal",
    count: int = SLICES,
    series: str = "1.2.3.1",
    *,
    step_mm: float = 4.0,
    places: Sequence[float] | None = None,
    **elements: Any,
) -> list[FileDataset]:
    """Slices of one series, as its scanner stores them."""
    volume = drawn("t1" if sequence == "T1" else "t2")
    axes, direction = _PLANES[plane]
    datasets = []
    for index in range(count):
        place = index * step_mm if places is None else places[index]
        x, y, z = (float(part * place) for part in direction)
        dataset = dicom_slice(volume[index % SLICES], (x, y, z), axes, series)
        dataset.PixelSpacing = [1.5, 1.5]
        repetition, echo, inversion = TIMES[sequence]
        dataset.RepetitionTime, dataset.EchoTime = repetition, echo
        if inversion is not None:
            dataset.InversionTime = inversion
        dataset.ScanningSequence = ["SE", "IR"] if inversion else "SE"
        dataset.SeriesNumber = int(series.rsplit(".", 1)[-1])
        dataset.InstanceNumber = index + 1
        for keyword, value in elements.items():
            setattr(dataset, keyword, value)
        datasets.append(dataset)
    return datasets


def localizer(series: str = "1.2.3.9", planes: Sequence[str] = tuple(_PLANES)) -> list[FileDataset]:
    """Three slices in each plane, as scans are planned by."""
    return [
        dataset
        for plane in planes
        for dataset in acquisition(
            "PD", plane, 3, series, step_mm=12.0, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]
        )
    ]


def named(datasets: Sequence[Dataset], folder: str = "DICOM") -> Files:
    """The datasets as files without endings."""
    return {
        f"{folder}/IM{number:04d}": dicom_bytes(dataset)  # type: ignore[arg-type]
        for number, dataset in enumerate(datasets)
    }


def without_image(sop_class: str, series: str = "1.2.3.77") -> FileDataset:
    """A file of a study that shows nothing."""
    dataset = dicom_slice(drawn("t2")[0], series=series)
    for keyword in ("PixelData", "Rows", "Columns", "ImagePositionPatient"):
        delattr(dataset, keyword)
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = UID(sop_class)
    return dataset


def colour_capture() -> FileDataset:
    """A picture of a screen, as workstations add it."""
    dataset = dicom_slice(drawn("t2")[0], series="1.2.3.88")
    for keyword in ("ImageOrientationPatient", "ImagePositionPatient", "PixelSpacing"):
        delattr(dataset, keyword)
    dataset.SOPClassUID = SecondaryCaptureImageStorage
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 3, "RGB"
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PlanarConfiguration = 7, 0
    grey = (drawn("t2")[0] % 256).astype(np.uint8)
    dataset.PixelData = np.repeat(grey[..., None], 3, axis=2).tobytes()
    return dataset


def enhanced(
    order: Sequence[int], own: Callable[[int, Dataset], None] | None = None, sequence: str = "T2"
) -> FileDataset:
    """One file with frames of the phantom in this order; `own(number, groups)` adds to a frame."""
    dataset = acquisition(sequence, count=1)[0]
    _without([dataset], "ImageOrientationPatient", "ImagePositionPatient", "PixelSpacing")
    _without([dataset], "RepetitionTime", "EchoTime")
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = EnhancedMRImageStorage
    repetition, echo_ms, _ = TIMES[sequence]
    orientation, measures, timing, echo, shared = (Dataset() for _ in range(5))
    orientation.ImageOrientationPatient = list(_PLANES["sagittal"][0])
    measures.PixelSpacing, measures.SliceThickness = [1.5, 1.5], 4.0
    timing.RepetitionTime, echo.EffectiveEchoTime = repetition, echo_ms
    shared.PlaneOrientationSequence, shared.PixelMeasuresSequence = [orientation], [measures]
    shared.MRTimingAndRelatedParametersSequence, shared.MREchoSequence = [timing], [echo]
    dataset.SharedFunctionalGroupsSequence = [shared]
    frames = []
    for number, index in enumerate(order):
        place, frame = Dataset(), Dataset()
        place.ImagePositionPatient = [-4.0 * index, 0.0, 0.0]
        frame.PlanePositionSequence = [place]
        if own:
            own(number, frame)
        frames.append(frame)
    dataset.PerFrameFunctionalGroupsSequence = frames
    dataset.NumberOfFrames = len(frames)
    dataset.PixelData = drawn("t2")[list(order)].tobytes()
    return dataset


def pictures(pattern: str, contrast: Contrast = "t2", count: int = SLICES) -> Files:
    """Slices as PNG; `{}` in the pattern stands for the number."""
    return {
        pattern.format(number): picture_bytes((drawn(contrast)[number] // 4).astype(np.uint8))
        for number in range(count)
    }


def masks(pattern: str) -> Files:
    """Label pictures of the slices: a few grey values, most of them none."""
    labels = [(slice_ > 400).astype(np.uint8) * 255 for slice_ in drawn("t2")]
    return {pattern.format(number): picture_bytes(label) for number, label in enumerate(labels)}


T2: Final = ("T2", SLICES)
T1: Final = ("T1", SLICES)


@cache
def cases() -> dict[str, Case]:
    """All archives by name."""
    found: dict[str, Case] = {}
    for family in (
        _series,
        _insides,
        _planning,
        _beside,
        _containers,
        _faults,
        _volumes,
        _pictures,
    ):
        for name, case in family():
            assert name not in found
            found[name] = case
    return found


def _series() -> Iterator[tuple[str, Case]]:
    t1, t2 = acquisition("T1", series="1.2.3.2"), acquisition("T2", series="1.2.3.3")
    stir, axial = acquisition("STIR", series="1.2.3.4"), acquisition("T2", "axial", 12, "1.2.3.5")
    yield "one-series", Case(named(t2), [T2])
    yield "t1-and-t2", Case(named([*t2, *t1]), [T1, T2])
    yield "t2-twice", Case(named([*acquisition(), *acquisition(series="1.2.3.2")]), [T2, T2])
    yield (
        "whole-study",
        Case(
            named([*axial, *localizer(), *stir, *t2, *t1]),
            [T1, T2, ("STIR", SLICES)],
            {
                ("axial T2, 12 slices", "not sagittal", 1),
                ("sagittal localizer, 3 slices", "a localizer", 1),
                ("coronal localizer, 3 slices", "not sagittal", 1),
                ("axial localizer, 3 slices", "not sagittal", 1),
            },
        ),
    )
    coronal = acquisition("STIR", "coronal", 9, "1.2.3.6")
    yield (
        "coronal-beside",
        Case(named([*coronal, *t2]), [T2], {("coronal STIR, 9 slices", "not sagittal", 1)}),
    )
    other = acquisition("T2", series="1.2.3.3")
    for dataset in t1:
        dataset.StudyInstanceUID, dataset.PatientID = "1.2.4", "4712"
    yield "two-patients", Case(named([*t1, *other]), [T1, T2])
    even = acquisition("T2", "coronal", 24, "1.2.3.7", step_mm=2.0, SliceThickness=2.0)
    yield "even-voxels-cut-from-front-to-back", Case(named(even), [("T2", 24)])
    yield (
        "even-voxels-beside-a-series",
        Case(named([*even, *t2]), [T2], {("coronal T2, 24 slices", "not sagittal", 1)}),
    )
    yield "no-series-numbers", Case(
        named([*_without(acquisition("T1"), "SeriesNumber"),
               *_without(acquisition(series="1.9"), "SeriesNumber")]),
        [T2, T1],
    )  # fmt: skip
    words = _without(acquisition(SeriesDescription="t2_tse_sag"), "RepetitionTime", "EchoTime")
    yield "no-times-but-a-description", Case(named(words), [T2])
    silent = _without(acquisition(), "RepetitionTime", "EchoTime")
    yield "neither-times-nor-description", Case(named(silent), [(None, SLICES)])


def _insides() -> Iterator[tuple[str, Case]]:
    small = acquisition("PD", count=2, step_mm=20.0, PixelSpacing=[3.0, 3.0])
    yield (
        "localizer-inside-a-series",
        Case(
            named([*acquisition(), *small]),
            [T2],
            {("sagittal localizer, 2 slices", "a localizer", 1)},
        ),
    )
    yield (
        "axial-image-inside-a-series",
        Case(
            named([*acquisition(), *acquisition(plane="axial", count=1)]),
            [T2],
            {("axial T2, 1 slice", "not sagittal", 1)},
        ),
    )
    late = acquisition("T2", RepetitionTime=2800.0)
    yield "two-echoes", Case(named(_in_turn(acquisition("PD"), late)), [T2, ("PD", SLICES)])

    def echo(number: int, groups: Dataset) -> None:
        item = Dataset()
        item.EffectiveEchoTime = 20.0 if number < SLICES else 100.0
        groups.MREchoSequence = [item]

    both = enhanced([*range(SLICES), *range(SLICES)], echo)
    yield "two-echoes-in-one-file", Case(named([both]), [T2])
    scrambled = enhanced([0, 3, 6, 1, 4, 2, 5])
    yield "enhanced-scrambled", Case(named([scrambled]), [T2])
    interleaved = enhanced([0, 2, 4, 6, 1, 3, 5])
    yield "enhanced-interleaved", Case(named([interleaved]), [T2])

    def stack(number: int, groups: Dataset) -> None:
        item = Dataset()
        item.StackID = str(1 + number // 3)
        groups.FrameContentSequence = [item]

    yield "enhanced-three-stacks", Case(named([enhanced([0, 3, 6, 1, 4, 2, 5], stack)]), [T2])
    stacks = [
        dataset
        for degrees in (-20, 0, 20)
        for dataset in _tilted(acquisition(plane="axial", count=5, series="1.2.3.5"), degrees)
    ]
    yield (
        "three-axial-stacks",
        Case(named([*stacks, *acquisition()]), [T2], {("axial T2, 15 slices", "not sagittal", 1)}),
    )
    wider = acquisition(PixelSpacing=[2.5, 2.5])
    yield "two-sagittal-stacks-of-two-sizes", Case(named([*acquisition(), *wider]), [T2, T2])
    stacked = [*acquisition(StackID="1"), *acquisition(StackID="2")]
    yield "two-stacks-at-the-same-places", Case(named(stacked), [T2, T2])
    phase = acquisition(ImageType=["ORIGINAL", "PRIMARY", "P"])
    magnitude = acquisition(ImageType=["ORIGINAL", "PRIMARY", "M"])
    yield (
        "phase-and-magnitude",
        Case(
            named(_in_turn(phase, magnitude)),
            [T2],
            {("sagittal T2, 7 slices", "the same places with another image type", 1)},
        ),
    )
    moments = [
        dataset
        for moment in (1, 2, 3)
        for dataset in acquisition(TemporalPositionIdentifier=moment)
    ]
    yield (
        "three-moments",
        Case(
            named(moments),
            [T2],
            {("sagittal T2, 7 slices", "the same places with another moment", 2)},
        ),
    )
    own = acquisition()
    for number, dataset in enumerate(own):
        dataset.RescaleSlope, dataset.RescaleIntercept = 1.0 + number, 2.0 * number
    yield "rescale-factors-of-their-own", Case(named(own), [T2])
    places = np.cumsum([0, 4.35, 5.65, 4.35, 5.65, 4.35, 5.65])
    yield "uneven", Case(named(acquisition(places=places.tolist())), [T2])


def _planning() -> Iterator[tuple[str, Case]]:
    three = [
        dataset
        for plane in _PLANES
        for dataset in acquisition("PD", plane, 6, "1.2.3.9", step_mm=12.0)
    ]
    yield (
        "localizer-that-does-not-say-so",
        Case(
            named([*three, *acquisition()]),
            [T2],
            {
                ("sagittal localizer, 6 slices", "a localizer", 1),
                ("coronal PD, 6 slices", "not sagittal", 1),
                ("axial PD, 6 slices", "not sagittal", 1),
            },
        ),
    )
    yield (
        "three-planes-and-nothing-else",
        Case(
            named(three),
            [("PD", 6)],
            {
                ("coronal PD, 6 slices", "not sagittal", 1),
                ("axial PD, 6 slices", "not sagittal", 1),
            },
        ),
    )
    survey = acquisition("PD", series="1.2.3.9", SeriesDescription="Survey_MST")
    yield (
        "survey-by-its-name",
        Case(
            named([*survey, *acquisition()]),
            [T2],
            {("sagittal localizer, 7 slices", "a localizer", 1)},
        ),
    )
    called = acquisition(SeriesDescription="LOC T2 SAG")
    yield "one-series-that-is-called-a-localizer", Case(named(called), [T2])
    upper = acquisition()
    for dataset in upper:
        x, y, z = dataset.ImagePositionPatient
        dataset.ImagePositionPatient = [x, y, z + 230.0]
    yield "two-stations", Case(named(_in_turn(upper, acquisition())), [T2, T2])
    types = (["ORIGINAL", "PRIMARY", "P"], ["ORIGINAL", "PRIMARY", "M"])
    views = [acquisition(each, ImageType=type_) for each in ("PD", "T2") for type_ in types]
    for datasets in views:
        for dataset in datasets:
            dataset.RepetitionTime = 2800.0
    yield (
        "echoes-with-phases",
        Case(
            named(_in_turn(*views)),
            [T2, ("PD", SLICES)],
            {
                (
                    "sagittal T2, 7 slices",
                    "the same places with another echo time and image type",
                    1,
                ),
                (
                    "sagittal PD, 7 slices",
                    "the same places with another echo time and image type",
                    1,
                ),
            },
        ),
    )


def _beside() -> Iterator[tuple[str, Case]]:
    series = acquisition()
    for name, sop_class, what in (
        ("presentation-state", GrayscaleSoftcopyPresentationStateStorage, "a presentation state"),
        ("key-object-note", KeyObjectSelectionDocumentStorage, "a key object note"),
        ("encapsulated-pdf", EncapsulatedPDFStorage, "a document"),
        ("structured-report", "1.2.840.10008.5.1.4.1.1.88.33", "a structured report"),
        ("dicomdir-copy", "1.2.840.10008.1.3.10", "a list of files (DICOMDIR)"),
    ):
        beside = [without_image(sop_class), without_image(sop_class, "1.2.3.78")]
        for number, dataset in enumerate(beside):
            dataset.SOPInstanceUID = generate_uid(entropy_srcs=[name, str(number)])
        yield name, Case(named([*series, *beside]), [T2], {(what, "no image", 2)})
    mask = acquisition(count=1)[0]
    mask.SOPClassUID = SegmentationStorage
    yield "segmentation", Case(named([*series, mask]), [T2], {("a segmentation", "no image", 1)})
    yield (
        "colour-capture",
        Case(
            named([*series, colour_capture()]),
            [T2],
            {("a colour capture", "a picture of a screen", 1)},
        ),
    )
    yield "colour-capture-alone", Case(named([colour_capture()]), [(None, 1)])
    ct = acquisition(series="1.2.3.8", Modality="CT")
    yield "ct", Case(named([*series, *ct]), [T2], {("computed tomography (CT)", "no MRI", 7)})
    mosaic = acquisition(count=1, series="1.2.3.8", ImageType=["ORIGINAL", "PRIMARY", "MOSAIC"])
    yield (
        "mosaic",
        Case(
            named([*series, *mosaic]),
            [T2],
            {
                (
                    "a mosaic, which shows several slices in one picture",
                    "its slices lie in one picture",
                    1,
                )
            },
        ),
    )
    viewer = {
        "AUTORUN.INF": b"[autorun]",
        "VIEWER/start.exe": b"MZ" + bytes(400),
        "VIEWER/lib.jar": zip_bytes({"icon.png": picture_bytes(np.zeros((16, 16), np.uint8))}),
        "VIEWER/logo.png": picture_bytes(np.zeros((64, 64), np.uint8)),
        "DICOMDIR": dicom_bytes(without_image("1.2.840.10008.1.3.10")),
        "README.TXT": b"Start the viewer.",
    }
    yield (
        "cd-with-a-viewer",
        Case(
            viewer | named(series),
            [T2],
            {
                ("a file of another kind", "no image", 4),
                ("a picture beside DICOM slices", "an icon, or a slice once more", 1),
            },
        ),
    )


def _containers() -> Iterator[tuple[str, Case]]:
    t1, t2 = named(acquisition("T1", series="1.2.3.2")), named(acquisition(series="1.2.3.3"))
    both = named([*acquisition("T1", series="1.2.3.2"), *acquisition(series="1.2.3.3")])
    again = {f"again/{number}": content for number, content in enumerate(t2.values())}
    yield "every-file-twice", Case(t2 | again, [T2])
    bare = {f"{number}": content[132:] for number, content in enumerate(t2.values())}
    yield "no-preamble-no-ending", Case(bare, [T2])
    leftovers = {f"__MACOSX/._{name}": b"\0\5\x16\7" + bytes(60) for name in both}
    yield "macos-leftovers", Case(both | leftovers | {".DS_Store": b"\0\0\0\1Bud1"}, [T1, T2])
    yield "zip-in-a-zip", Case({"study/export.zip": zip_bytes(both)}, [T1, T2])
    yield "two-zips-in-a-zip", Case({"t1.zip": zip_bytes(t1), "t2.zip": zip_bytes(t2)}, [T1, T2])
    yield (
        "zip-in-a-zip-in-a-zip",
        Case(
            {"a.zip": zip_bytes({"b.zip": zip_bytes({"c.zip": zip_bytes(t2)})})},
            refused="unsupported-format",
        ),
    )
    yield "zip64", Case(both, [T1, T2], archive=_zip64(both))
    old = {f"R\u00fccken/{name}": content for name, content in both.items()}
    yield "names-in-an-old-encoding", Case(old, [T1, T2], archive=_old_names(old))
    yield "text-alone", Case({"notes.txt": b"hello"}, refused="unsupported-format")


def _faults() -> Iterator[tuple[str, Case]]:
    t1, t2 = acquisition("T1", series="1.2.3.2"), acquisition(series="1.2.3.3")
    gap = [*t2[:3], *t2[4:]]
    missing = "Slices of the series are missing"
    yield (
        "missing-slice-beside-a-series",
        Case(named([*t1, *gap]), [T1], {("sagittal T2, 6 slices", missing, 1)}),
    )
    yield "missing-slice", Case(named(gap), refused="bad-geometry")
    junk = {"DICOM/IM9999.dcm": bytes(128) + b"DICM" + bytes(range(256)) * 4}
    yield (
        "damaged-file-beside-two-series",
        Case(
            named([*t1, *t2]) | junk, [T1, T2], {("a damaged DICOM file", "The file's header", 1)}
        ),
    )
    yield "damaged-file-beside-one-series", Case(named(t2) | junk, refused="damaged")
    jpeg_xl = {name: _as_jpeg_xl(content) for name, content in named(t2, "XL").items()}
    compressed = "The pixels are compressed in a way that isn't read (JPEG XL)"
    yield (
        "jpeg-xl-beside-a-series",
        Case(named(t1) | jpeg_xl, [T1], {("sagittal T2, 7 slices", compressed, 1)}),
    )
    yield "jpeg-xl", Case(jpeg_xl, refused="unsupported-format")
    same = [*acquisition(), *acquisition()]
    yield "nothing-tells-slices-apart", Case(named(same), refused="mixed-series")
    yield "axial-alone", Case(named(acquisition(plane="axial")), refused="not-sagittal")
    planes = [*localizer(), *acquisition(plane="axial")]
    yield "localizer-and-axial", Case(named(planes), refused="not-sagittal")
    yield (
        "report-alone",
        Case(named([without_image("1.2.840.10008.5.1.4.1.1.88.33")]), refused="unsupported-format"),
    )
    unplaced = _without(acquisition(), "ImagePositionPatient")
    yield "slices-that-do-not-say-where-they-lie", Case(named(unplaced), refused="bad-geometry")
    odd = acquisition()
    content = named(odd)
    text = "DICOM/IM0000"
    content[text] = content[text].replace(b"DS\x04\x003500", b"DS\x04\x00long")
    yield "a-time-that-is-no-number", Case(content, [T2])


def _volumes() -> Iterator[tuple[str, Case]]:
    t2, t1 = mha_bytes(drawn("t2"), (4.0, 1.5, 1.5)), mha_bytes(drawn("t1"), (4.0, 1.5, 1.5))
    volume = (None, SLICES)
    yield "two-volumes", Case({"anna.mha": t1, "bert.mha": t2}, [volume, volume])
    yield "the-same-volume-twice", Case({"anna.mha": t2, "bert.mha": t2}, [volume, volume])
    axial = mha_bytes(drawn("t2"), (4.0, 1.5, 1.5), "LPS")
    yield (
        "axial-volume-beside-a-sagittal",
        Case(
            {"axial.mha": axial, "t2.mha": t2},
            [volume],
            {("a MetaImage volume", "not sagittal", 1)},
        ),
    )
    header, _, pixels = mha_bytes(drawn("t2"), (4.0, 1.5, 1.5)).partition(b"LOCAL\n")
    pair = {"case/t2.mhd": header + b"t2.zraw\n", "case/t2.zraw": pixels}
    yield "header-and-pixels-beside-a-volume", Case(pair | {"case/t3.mha": t1}, [volume, volume])
    yield (
        "header-without-pixels-beside-a-volume",
        Case(
            {"a.mhd": header + b"a.zraw\n", "b.mha": t1},
            [volume],
            {("a MetaImage volume", "The file with the pixels", 1)},
        ),
    )
    nifti = nifti_bytes(drawn("t2").T)
    packed = gzip.compress(nifti_bytes(drawn("t1").T))
    yield "nifti-volumes", Case({"a.nii": nifti, "b.nii.gz": packed}, [volume, volume])
    axial_nifti = nifti_bytes(drawn("t2").T, np.diag([-1.0, -1.0, 4.0, 1.0]))
    yield (
        "axial-nifti-beside-a-sagittal",
        Case(
            {"a.nii": axial_nifti, "b.nii": nifti},
            [volume],
            {("a NIfTI volume", "not sagittal", 1)},
        ),
    )
    yield (
        "cut-nifti-header-beside-a-volume",
        Case(
            {"a.nii": nifti[:100], "t2.mha": t2},
            [volume],
            {("a NIfTI volume", "The file has no", 1)},
        ),
    )
    nrrd = _nrrd(drawn("t2"), (4.0, 1.5, 1.5), "PIR")
    axial_nrrd = _nrrd(drawn("t2"), (4.0, 1.5, 1.5), "LPS")
    yield (
        "nrrd-volumes",
        Case(
            {"t2.nrrd": nrrd, "axial.nrrd": axial_nrrd},
            [volume],
            {("a NRRD volume", "not sagittal", 1)},
        ),
    )
    yield "series-and-volume", Case(named(acquisition()) | {"t1.mha": t1}, [T2, volume])
    yield "volume-and-pictures", Case({"t2.mha": t2} | pictures("{}.png"), refused="mixed-series")


def _pictures() -> Iterator[tuple[str, Case]]:
    series = (None, SLICES)
    yield "pictures", Case(pictures("slice{}.png"), [series])
    yield "a-folder-for-each-picture", Case(pictures("{0}/slice{0}.png"), [series])
    several = {
        "pictures-of-two-folders": pictures("T1/{}.png", "t1") | pictures("T2/{}.png", "t2"),
        "pictures-of-two-patients": pictures("p1/slice{}.png") | pictures("p2/slice{}.png"),
        "pictures-of-two-patterns": pictures("t1_{}.png", "t1") | pictures("t2_{}.png", "t2"),
        "pictures-and-masks": pictures("{}_image.png") | masks("{}_mask.png"),
        "numbers-of-patients-and-of-slices": pictures("p1_s{}.png") | pictures("p2_s{}.png"),
        "names-that-say-nothing": pictures("left.png", count=1) | pictures("right.png", count=1),
    }
    yield from ((name, Case(files, refused="mixed-series")) for name, files in several.items())
    yield (
        "pictures-longer-than-the-series-beside-them",
        Case(named(acquisition(count=3)) | pictures("web/slice{}.png"), refused="mixed-series"),
    )


def _nrrd(
    array: NDArray[np.uint16], spacing_mm: tuple[float, float, float], orientation: str
) -> bytes:
    """A NRRD of an array `(z, y, x)` whose axes run as `orientation` says (x, y, z)."""
    matrix = np.array(direction_of(orientation)).reshape(3, 3)
    vectors = [
        "(" + ",".join(f"{part * mm:g}" for part in axis) + ")"
        for axis, mm in zip(matrix.T, reversed(spacing_mm), strict=True)
    ]
    header = (
        "NRRD0004\ntype: uint16\ndimension: 3\nspace: left-posterior-superior\n"
        f"sizes: {' '.join(map(str, reversed(array.shape)))}\n"
        f"space directions: {' '.join(vectors)}\nspace origin: (0,0,0)\n"
        "kinds: domain domain domain\nendian: little\nencoding: raw\n\n"
    )
    return header.encode() + array.astype("<u2").tobytes()


def _in_turn(*series: Sequence[FileDataset]) -> list[FileDataset]:
    return [dataset for datasets in zip(*series, strict=True) for dataset in datasets]


def _without(datasets: list[FileDataset], *keywords: str) -> list[FileDataset]:
    for dataset in datasets:
        for keyword in keywords:
            delattr(dataset, keyword)
    return datasets


def _tilted(datasets: list[FileDataset], degrees: float) -> list[FileDataset]:
    """Axial slices turned about the patient's left-right axis, as they lie along discs."""
    cosine, sine = float(np.cos(np.radians(degrees))), float(np.sin(np.radians(degrees)))
    for number, dataset in enumerate(datasets):
        place = 4.0 * number
        dataset.ImageOrientationPatient = [1.0, 0.0, 0.0, 0.0, round(cosine, 8), round(sine, 8)]
        dataset.ImagePositionPatient = [0.0, -sine * place, cosine * place + 2 * degrees]
    return datasets


def _as_jpeg_xl(content: bytes) -> bytes:
    """The file with the transfer syntax of JPEG XL in its header."""
    element = b"\x02\0\x10\0UI"
    old, new = b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.4.110\0"
    return content.replace(
        element + len(old).to_bytes(2, "little") + old,
        element + len(new).to_bytes(2, "little") + new,
    )


def _zip64(files: Files) -> bytes:
    """An archive as streaming writers make it: each entry in the 64-bit form."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            with archive.open(name, "w", force_zip64=True) as entry:
                entry.write(content)
    return buffer.getvalue()


def _old_names(files: Files) -> bytes:
    """An archive whose names are in Latin-1, which says nothing of that."""
    content = zip_bytes({name.replace("\u00fc", "~"): data for name, data in files.items()})
    return content.replace(b"R~cken", b"R\xfccken")
