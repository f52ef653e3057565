"""Archives of series: how they are told apart, and what lies inside and beside them."""

from collections.abc import Iterator

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import (
    EncapsulatedPDFStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    KeyObjectSelectionDocumentStorage,
    SegmentationStorage,
    generate_uid,
)

from tests.support.scan_files import (
    dicom_bytes,
    picture_bytes,
    zip_bytes,
)
from tests.support.studies.case import T1, T2, Case
from tests.support.studies.drawing import (
    PLANES,
    SLICES,
    acquisition,
    colour_capture,
    enhanced,
    in_turn,
    localizer,
    named,
    tilted,
    without,
    without_image,
)


def series_cases() -> Iterator[tuple[str, Case]]:
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
        named([*without(acquisition("T1"), "SeriesNumber"),
               *without(acquisition(series="1.9"), "SeriesNumber")]),
        [T2, T1],
    )  # fmt: skip
    words = without(acquisition(SeriesDescription="t2_tse_sag"), "RepetitionTime", "EchoTime")
    yield "no-times-but-a-description", Case(named(words), [T2])
    silent = without(acquisition(), "RepetitionTime", "EchoTime")
    yield "neither-times-nor-description", Case(named(silent), [(None, SLICES)])


def insides() -> Iterator[tuple[str, Case]]:
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
    yield "two-echoes", Case(named(in_turn(acquisition("PD"), late)), [T2, ("PD", SLICES)])

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
        for dataset in tilted(acquisition(plane="axial", count=5, series="1.2.3.5"), degrees)
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
            named(in_turn(phase, magnitude)),
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


def planning() -> Iterator[tuple[str, Case]]:
    three = [
        dataset
        for plane in PLANES
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
    yield "two-stations", Case(named(in_turn(upper, acquisition())), [T2, T2])
    types = (["ORIGINAL", "PRIMARY", "P"], ["ORIGINAL", "PRIMARY", "M"])
    views = [acquisition(each, ImageType=type_) for each in ("PD", "T2") for type_ in types]
    for datasets in views:
        for dataset in datasets:
            dataset.RepetitionTime = 2800.0
    yield (
        "echoes-with-phases",
        Case(
            named(in_turn(*views)),
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


def beside() -> Iterator[tuple[str, Case]]:
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
