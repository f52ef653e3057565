"""Series as scanners and archives export them: what is read, what is left out and what is said."""

import copy

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    EncapsulatedPDFStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    KeyObjectSelectionDocumentStorage,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
    generate_uid,
)

from discai.errors import PermanentError
from discai.scan import read_scan
from tests.support.scan_files import (
    dicom_bytes,
    dicom_series,
    dicom_slice,
    multi_frame,
    write,
    zip_bytes,
)

pytestmark = pytest.mark.usefixtures("decoding_here")

RNG = np.random.default_rng(3)
VOLUME = RNG.integers(0, 900, (7, 24, 20)).astype(np.uint16)
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def slices(step_mm=4.0, places=None, **elements):
    """Datasets of a sagittal series, the leftmost first."""
    places = [-step_mm * index for index in range(len(VOLUME))] if places is None else places
    found = [dicom_slice(pixels, (x, 5.0, 7.0)) for pixels, x in zip(VOLUME, places, strict=False)]
    for dataset in found:
        for keyword, value in elements.items():
            setattr(dataset, keyword, value)
    return found


def archive(datasets):
    return zip_bytes({f"IM{index}": dicom_bytes(each) for index, each in enumerate(datasets)})


def read(tmp_path, content, name="study.zip"):
    return read_scan(write(tmp_path, name, content))


def refusal(tmp_path, content, name="study.zip"):
    with pytest.raises(PermanentError) as error:
        read(tmp_path, content, name)
    return error.value


def without_pixels(sop_class):
    dataset = dicom_slice(VOLUME[0], series="1.2.9")
    for keyword in ("PixelData", "Rows", "Columns", "ImagePositionPatient"):
        delattr(dataset, keyword)
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = sop_class
    return dataset


@pytest.mark.parametrize(
    ("sop_class", "named"),
    [
        (GrayscaleSoftcopyPresentationStateStorage, "a presentation state"),
        (KeyObjectSelectionDocumentStorage, "a key object note"),
        (EncapsulatedPDFStorage, "a document"),
        ("1.2.840.10008.5.1.4.1.1.88.33", "a structured report"),
    ],
)
def test_what_is_no_image_is_listed(tmp_path, sop_class, named):
    scan = read(tmp_path, archive([*slices(), without_pixels(sop_class)]))
    assert np.array_equal(scan.voxels, VOLUME)
    assert scan.notes == (f"Beside the slices that were read, there was: {named}.",)


def test_what_is_no_image_is_no_scan_by_itself(tmp_path):
    content = dicom_bytes(without_pixels(EncapsulatedPDFStorage))
    error = refusal(tmp_path, content, "letter.dcm")
    assert (error.code, "a document" in error.message) == ("unsupported-format", True)


def test_a_renamed_directory_and_a_segmentation_are_listed(tmp_path):
    directory = without_pixels(EncapsulatedPDFStorage)
    del directory.SOPClassUID
    directory.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    mask = slices()[0]
    mask.SOPClassUID, mask.SOPInstanceUID = SegmentationStorage, generate_uid()
    files = archive([*slices(), mask])
    scan = read(tmp_path, files)
    assert np.array_equal(scan.voxels, VOLUME)
    assert "a segmentation" in scan.notes[0]


def test_a_file_that_was_saved_twice_counts_once(tmp_path):
    files = dicom_series(VOLUME)
    copies = {f"{name} (1)": content for name, content in list(files.items())[:2]}
    scan = read(tmp_path, zip_bytes(files | copies))
    assert np.array_equal(scan.voxels, VOLUME)
    assert scan.notes == ()


def echoes(marks, keyword):
    first, second = slices(), slices()
    for datasets, mark in zip((first, second), marks, strict=True):
        for dataset in datasets:
            setattr(dataset, keyword, mark)
    for dataset in first:
        dataset.PixelData = (VOLUME[0] + 1).astype(np.uint16).tobytes()
    return [each for pair in zip(first, second, strict=True) for each in pair]


@pytest.mark.parametrize(
    ("keyword", "marks"),
    [
        ("EchoTime", (10.0, 90.0)),
        ("ImageType", (["ORIGINAL", "PRIMARY", "P"], ["ORIGINAL", "PRIMARY", "M"])),
        ("ImageType", (["DERIVED", "PRIMARY", "M", "FAT"], ["DERIVED", "PRIMARY", "M", "WATER"])),
        ("TemporalPositionIdentifier", (1, 2)),
        ("AcquisitionNumber", (1, 2)),
    ],
)
def test_of_two_kinds_at_each_place_one_is_read_and_the_other_told(tmp_path, keyword, marks):
    scan = read(tmp_path, archive(echoes(marks, keyword)))
    assert scan.voxels.shape == VOLUME.shape
    assert "7 slices at the same places" in scan.notes[0]
    if keyword in ("EchoTime", "ImageType"):
        assert np.array_equal(scan.voxels, VOLUME)


def test_slices_at_one_place_that_nothing_tells_apart_are_refused(tmp_path):
    error = refusal(tmp_path, archive([*slices(), *slices()]))
    assert error.code == "mixed-series"
    assert "at one place" in error.message


def test_a_localizer_and_axial_slices_are_left_out(tmp_path):
    localizer = [
        dicom_slice(VOLUME[index], (20.0 * index, 0.0, 0.0), series="1.2.3.4") for index in (0, 1)
    ]
    for each in localizer:
        each.PixelSpacing = [1.5, 1.5]
    axial = [dicom_slice(VOLUME[0], (0.0, 0.0, 9.0 * i), AXIAL, series="1.2.8") for i in range(9)]
    scan = read(tmp_path, archive([*axial, *slices(), *localizer]))
    assert np.array_equal(scan.voxels, VOLUME)
    assert "2 slices of a sagittal localizer" in scan.notes[0]
    assert "9 slices of an axial series" in scan.notes[0]


def test_two_sagittal_series_are_refused(tmp_path):
    other = slices()
    for dataset in other:
        dataset.SeriesInstanceUID = "1.2.7"
    error = refusal(tmp_path, archive([*slices(), *other]))
    assert error.code == "mixed-series"
    assert "2 sagittal series, of 7 and 7 slices" in error.message


def test_distances_that_vary_a_little_are_read_and_told(tmp_path):
    places = -np.cumsum([0, 4.35, 5.65, 4.35, 5.65, 4.35, 5.65])
    scan = read(tmp_path, archive(slices(places=places.tolist())))
    assert np.array_equal(scan.voxels, VOLUME)
    assert scan.spacing_mm == pytest.approx((5.0, 0.6, 0.5))
    assert scan.notes == (
        "The slices lie 4.35 to 5.65 mm apart; they were read as if 5.00 mm apart.",
    )


@pytest.mark.parametrize(
    ("places", "said"),
    [
        ([0, -4, -8, -16, -20, -24, -28], "missing: they lie 4.00 mm apart, but 8.00 mm"),
        ([0, -2, -5, -9, -14, -20, -27], "vary from 2.00 to 7.00 mm"),
    ],
)
def test_slices_that_are_missing_or_no_grid_are_refused_with_the_true_reason(
    tmp_path, places, said
):
    error = refusal(tmp_path, archive(slices(places=places)))
    assert error.code == "bad-geometry"
    assert said in error.message


def test_slices_shifted_within_their_plane_make_no_volume(tmp_path):
    datasets = slices()
    for index, dataset in enumerate(datasets):
        x, y, z = dataset.ImagePositionPatient
        dataset.ImagePositionPatient = [x, y + 2 * index, z]
    error = refusal(tmp_path, archive(datasets))
    assert (error.code, "shifted by up to 12 mm" in error.message) == ("bad-geometry", True)


def test_directions_may_drift_by_a_fraction_of_a_degree(tmp_path):
    datasets = slices()
    for index, dataset in enumerate(datasets):
        angle = np.radians(0.14 * index / 6)
        dataset.ImageOrientationPatient = [0, np.cos(angle), np.sin(angle), 0, 0, -1]
        dataset.ImageOrientationPatient = [
            0.0, float(np.cos(angle)), float(-np.sin(angle)),
            0.0, float(-np.sin(angle)), float(-np.cos(angle)),
        ]  # fmt: skip
    assert np.array_equal(read(tmp_path, archive(datasets)).voxels, VOLUME)


@pytest.mark.parametrize("explicit", [True, False])
def test_files_without_a_preamble_are_dicom(tmp_path, explicit):
    content = dicom_bytes(dicom_slice(VOLUME[0]))
    bare = content[132:] if explicit else content[content.index(b"\x08\0\x16\0UI") :]
    if not explicit:
        assert bare.startswith(b"\x08\0\x16\0")
    assert np.array_equal(read(tmp_path, bare, "IM001").voxels, VOLUME[:1])


def test_a_mosaic_and_a_ct_are_named(tmp_path):
    mosaic = dicom_slice(VOLUME[0])
    mosaic.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"]
    ct = dicom_slice(VOLUME[0])
    ct.Modality = "CT"
    for dataset, word in ((mosaic, "a mosaic"), (ct, "(CT)")):
        error = refusal(tmp_path, dicom_bytes(dataset), "one.dcm")
        assert error.code == "unsupported-format"
        assert word in error.message


def test_a_capture_in_colour_is_read_alone_and_left_out_beside_a_series(tmp_path):
    capture = dicom_slice(VOLUME[0], series="1.2.9")
    for keyword in ("ImageOrientationPatient", "ImagePositionPatient", "PixelSpacing"):
        delattr(capture, keyword)
    capture.SOPClassUID = SecondaryCaptureImageStorage
    capture.SamplesPerPixel, capture.PhotometricInterpretation = 3, "RGB"
    capture.BitsAllocated = capture.BitsStored = 8
    capture.HighBit, capture.PlanarConfiguration = 7, 0
    grey = (VOLUME[0] % 256).astype(np.uint8)
    capture.PixelData = np.repeat(grey[..., None], 3, axis=2).tobytes()
    alone = read(tmp_path, dicom_bytes(capture), "capture.dcm")
    assert np.array_equal(alone.voxels[0], grey)
    assert alone.spacing_mm is None
    beside = read(tmp_path, archive([*slices(), capture]))
    assert np.array_equal(beside.voxels, VOLUME)
    assert "a colour capture" in beside.notes[0]


def test_high_values_that_are_dark_are_turned_round(tmp_path):
    datasets = slices(PhotometricInterpretation="MONOCHROME1")
    scan = read(tmp_path, archive(datasets))
    assert np.array_equal(scan.voxels, 65535 - VOLUME)


def test_unknown_compression_is_named(tmp_path):
    content = dicom_bytes(dicom_slice(VOLUME[0]))
    old, new = b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.4.110\0"
    element = b"\x02\0\x10\0UI"
    jpeg_xl = content.replace(
        element + len(old).to_bytes(2, "little") + old,
        element + len(new).to_bytes(2, "little") + new,
    )
    error = refusal(tmp_path, jpeg_xl, "one.dcm")
    assert (error.code, "JPEG XL" in error.message) == ("unsupported-format", True)


def enhanced(order, *, own=None):
    """One file with frames of `VOLUME` in this order; `own(index)` adds to a frame's groups."""
    places = [(-4.0 * index, 5.0, 7.0) for index in order]
    return multi_frame(dicom_slice(VOLUME[0]), VOLUME[list(order)], places, own)


@pytest.mark.parametrize(
    "order", [[0, 2, 4, 6, 1, 3, 5], [0, 3, 6, 1, 4, 2, 5], [6, 5, 4, 3, 2, 1, 0]]
)
def test_frames_are_sorted_by_place(tmp_path, order):
    scan = read(tmp_path, dicom_bytes(enhanced(order)), "enhanced.dcm")
    assert np.array_equal(scan.voxels, VOLUME)
    assert scan.spacing_mm == pytest.approx((4.0, 0.6, 0.5))
    assert scan.grid.origin_mm == pytest.approx((0.0, 5.0, 7.0))


def test_two_echoes_in_one_file_are_two_volumes(tmp_path):
    def own(number, frame):
        echo = Dataset()
        echo.EffectiveEchoTime = 90.0 if number < len(VOLUME) else 10.0
        frame.MREchoSequence = [echo]

    order = [*range(7), *reversed(range(7))]
    scan = read(tmp_path, dicom_bytes(enhanced(order, own=own)), "enhanced.dcm")
    assert np.array_equal(scan.voxels, VOLUME)
    assert "another echo time" in scan.notes[0]


def test_each_frame_has_rescale_factors_of_its_own(tmp_path):
    def own(number, frame):
        factors = Dataset()
        factors.RescaleSlope, factors.RescaleIntercept = 1.0 + number, -3.0 * number
        factors.RescaleType = "US"
        frame.PixelValueTransformationSequence = [factors]

    scan = read(tmp_path, dicom_bytes(enhanced(range(7), own=own)), "enhanced.dcm")
    numbers = np.arange(7)[:, None, None]
    assert np.allclose(scan.voxels, VOLUME * (1.0 + numbers) - 3.0 * numbers)


def test_slices_of_a_series_may_have_rescale_factors_of_their_own(tmp_path):
    datasets = slices()
    for number, dataset in enumerate(datasets):
        dataset.RescaleSlope, dataset.RescaleIntercept = 1.0 + number, 2.0 * number
    scan = read(tmp_path, archive(datasets))
    numbers = np.arange(7)[:, None, None]
    assert np.allclose(scan.voxels, VOLUME * (1.0 + numbers) + 2.0 * numbers)


def test_a_file_that_says_no_position_of_its_frames_is_read_in_stored_order(tmp_path):
    dataset = copy.deepcopy(dicom_slice(VOLUME[0], (9.0, 5.0, 7.0)))
    dataset.NumberOfFrames, dataset.PixelData = len(VOLUME), VOLUME.tobytes()
    dataset.SpacingBetweenSlices = 4.4
    scan = read(tmp_path, dicom_bytes(dataset), "frames.dcm")
    assert scan.spacing_mm == pytest.approx((4.4, 0.6, 0.5))
