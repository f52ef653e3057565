"""The DICOM segmentation: where its voxels lie, what they are called and what they refer to."""

import io
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset

from discai.anatomy import CANAL, FIRST_VERTEBRA, disc_value
from discai.export.answer import Answer
from discai.export.dicom import as_files
from discai.export.dicom_seg import segmentation
from discai.export.source import read_source
from discai.pictures.output import SEGMENTATION_DICOM, segmentation_mha
from tests.support.dicom_exports import (
    SLICES,
    answer_of,
    by_value,
    dumped,
    errors_in,
    exported,
    mask_in_the_patient,
    oriented,
    places_in_mha,
    scrambled,
    series,
    written,
)
from tests.support.scan_files import ORIENTATIONS, multi_frame

pytestmark = pytest.mark.usefixtures("decoding_here")

VALUES = {
    "Disc L5-S1": disc_value("L5-S1"),
    "Disc L4-L5": disc_value("L4-L5"),
    "Disc L3-L4": disc_value("L3-L4"),
    "Vertebra L5": FIRST_VERTEBRA,
    "Vertebra L4": FIRST_VERTEBRA + 1,
    "Canal": CANAL,
}


def segmentation_of(paths: list[Path], answer: Answer | None = None) -> hd.seg.Segmentation:
    """The segmentation alone, as its file is read back."""
    answer = answer or answer_of(paths)
    made = segmentation(read_source(paths, answer.scan), answer)
    return hd.seg.segread(io.BytesIO(as_files({"": made})[""]))


def mha_in_the_patient(answer: Answer, folder: Path) -> dict[tuple[float, ...], int]:
    """The same of `segmentation.mha`."""
    path = folder / "segmentation.mha"
    path.write_bytes(segmentation_mha(answer.scan, answer.reading))
    return places_in_mha(path)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_each_voxel_lies_where_the_mask_has_it(tmp_path: Path, orientation: str) -> None:
    paths = written(tmp_path / "series", series(*oriented(orientation)))
    answer = answer_of(paths)
    seen = mask_in_the_patient(segmentation_of(paths, answer), VALUES)
    assert seen == mha_in_the_patient(answer, tmp_path)
    assert set(seen.values()) == set(VALUES.values())


def turned(direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Directions tilted by 11° about one axis and 8° about another."""
    one, other = np.radians(11.0), np.radians(8.0)
    about_x = [[1, 0, 0], [0, np.cos(one), -np.sin(one)], [0, np.sin(one), np.cos(one)]]
    about_z = [[np.cos(other), -np.sin(other), 0], [np.sin(other), np.cos(other), 0], [0, 0, 1]]
    return np.array(about_x) @ np.array(about_z) @ direction


@pytest.mark.parametrize("orientation", ["PIL", "PIR", "ASL", "LPS", "SAR"])
def test_oblique_slices_keep_their_places(tmp_path: Path, orientation: str) -> None:
    volume, direction = oriented(orientation)
    paths = written(tmp_path / "series", series(volume, turned(direction)))
    seen = mask_in_the_patient(segmentation_of(paths), VALUES)
    expected = mha_in_the_patient(answer_of(paths), tmp_path)
    assert sorted(seen.values()) == sorted(expected.values())
    one, other = (np.array([[*place, value] for place, value in sorted(each.items())])
                  for each in (seen, expected))  # fmt: skip
    assert np.abs(one - other).max() < 0.02


def test_uneven_slices_lie_where_they_were_acquired(tmp_path: Path) -> None:
    def shifted(number: int, dataset: FileDataset) -> None:
        x, y, z = dataset.ImagePositionPatient
        dataset.ImagePositionPatient = [x + (0.5 if number == 4 else 0.0), y, z]

    paths = written(tmp_path / "series", series(*oriented("PIR"), shifted))
    seg = segmentation_of(paths)
    by_source = {
        item.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID: item
        for item in seg.PerFrameFunctionalGroupsSequence
    }
    for path in paths:
        source = pydicom.dcmread(path)
        if item := by_source.get(source.SOPInstanceUID):
            place = item.PlanePositionSequence[0].ImagePositionPatient
            assert place == pytest.approx(source.ImagePositionPatient)
    assert len(by_source) == 2


def frames_referred_to(seg: Dataset) -> dict[int, list[float]]:
    """Places of the segmentation's frames by the source's frame that they refer to."""
    places = {}
    for item in seg.PerFrameFunctionalGroupsSequence:
        source = item.DerivationImageSequence[0].SourceImageSequence[0]
        place = item.PlanePositionSequence[0].ImagePositionPatient
        places[int(source.ReferencedFrameNumber)] = [float(part) for part in place]
    return places


def test_frames_of_an_enhanced_file_are_referred_to_by_their_numbers(tmp_path: Path) -> None:
    file, _ = scrambled()
    paths = written(tmp_path / "series", [file])
    seg = segmentation_of(paths)
    assert mask_in_the_patient(seg, VALUES) == mha_in_the_patient(answer_of(paths), tmp_path)
    found = frames_referred_to(seg)
    assert len(found) == 2
    for number, place in found.items():
        frame = file.PerFrameFunctionalGroupsSequence[number - 1]
        assert place == pytest.approx(frame.PlanePositionSequence[0].ImagePositionPatient)
    [referenced] = seg.ReferencedSeriesSequence
    [instance] = referenced.ReferencedInstanceSequence
    assert instance.ReferencedSOPInstanceUID == file.SOPInstanceUID
    assert instance.ReferencedSOPClassUID == file.SOPClassUID


def test_only_the_frames_that_were_read_are_referred_to(tmp_path: Path) -> None:
    """Of two echoes at each place the late one is read."""
    volume, direction = oriented("PIR")
    single = series(volume, direction)
    places = [tuple(each.ImagePositionPatient) for each in single for _ in range(2)]

    def echo(number: int, groups: Dataset) -> None:
        item = Dataset()
        item.EffectiveEchoTime = 20.0 if number % 2 == 0 else 100.0
        groups.MREchoSequence = [item]

    file = multi_frame(single[0], np.repeat(volume, 2, axis=0), places, echo)
    file.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].SliceThickness = 6.0
    paths = written(tmp_path / "series", [file])
    seg = segmentation_of(paths)
    assert all(number % 2 == 0 for number in frames_referred_to(seg))
    assert mask_in_the_patient(seg, VALUES) == mha_in_the_patient(answer_of(paths), tmp_path)


def test_several_enhanced_files_are_one_source(tmp_path: Path) -> None:
    volume, direction = oriented("PIR")
    files = []
    for number, single in enumerate(series(volume, direction)):
        place = tuple(single.ImagePositionPatient)
        files.append(multi_frame(single, volume[number : number + 1], [place]))
        groups = files[-1].SharedFunctionalGroupsSequence[0]
        groups.PixelMeasuresSequence[0].SliceThickness = 6.0
    paths = written(tmp_path / "series", files)
    seg = segmentation_of(paths)
    assert mask_in_the_patient(seg, VALUES) == mha_in_the_patient(answer_of(paths), tmp_path)
    [referenced] = seg.ReferencedSeriesSequence
    assert len(referenced.ReferencedInstanceSequence) == SLICES


def test_a_single_slice_is_a_source(tmp_path: Path) -> None:
    volume, direction = oriented("PIR")
    paths = written(tmp_path / "series", series(volume[:1], direction))
    assert mask_in_the_patient(segmentation_of(paths), VALUES) == mha_in_the_patient(
        answer_of(paths), tmp_path
    )


def test_it_is_a_new_series_of_the_same_study_and_frame_of_reference(tmp_path: Path) -> None:
    paths = written(tmp_path / "series", series(*oriented("PIR")))
    seg = segmentation_of(paths)
    source = pydicom.dcmread(paths[0])
    assert seg.StudyInstanceUID == source.StudyInstanceUID
    assert seg.FrameOfReferenceUID == source.FrameOfReferenceUID
    assert seg.SeriesInstanceUID != source.SeriesInstanceUID
    assert seg.Manufacturer == "DiscAI"
    assert list(seg.SoftwareVersions)[-1] == "2026-01-01a"
    assert {item.SegmentAlgorithmType for item in seg.SegmentSequence} == {"AUTOMATIC"}
    assert "Research use only" in seg.ContentDescription


def test_its_segments_are_discs_then_vertebrae_from_the_head_down_then_the_canal(
    tmp_path: Path,
) -> None:
    paths = written(tmp_path / "series", series(*oriented("PIR")))
    segments = segmentation_of(paths).SegmentSequence
    assert [item.SegmentLabel for item in segments] == [
        "Disc L3-L4", "Disc L4-L5", "Disc L5-S1", "Vertebra L4", "Vertebra L5", "Canal",
    ]  # fmt: skip
    [disc] = segments[1].SegmentedPropertyTypeCodeSequence
    assert (disc.CodeValue, disc.CodingSchemeDesignator) == ("84020006", "SCT")


@pytest.mark.process
@pytest.mark.parametrize("kind", ["classic", "enhanced"])
def test_dciodvfy_finds_no_error(tmp_path: Path, kind: str) -> None:
    datasets = series(*oriented("PIR")) if kind == "classic" else [scrambled()[0]]
    paths = written(tmp_path / "series", datasets)
    path = tmp_path / "segmentation.dcm"
    path.write_bytes(exported(paths)[SEGMENTATION_DICOM])
    assert errors_in(path) == []


@pytest.mark.process
def test_dcmtk_finds_the_same_voxels(tmp_path: Path) -> None:
    paths = written(tmp_path / "series", series(*oriented("PIR")))
    path = tmp_path / "segmentation.dcm"
    path.write_bytes(exported(paths)[SEGMENTATION_DICOM])
    assert "=SegmentationStorage" in dumped("dcmdump", "+W", tmp_path, path)
    [raw] = tmp_path.glob("*.raw")
    seg = segmentation_of(paths)
    bits = np.unpackbits(np.frombuffer(raw.read_bytes(), np.uint8), bitorder="little")
    frames = bits[: seg.NumberOfFrames * seg.Rows * seg.Columns]
    assert np.array_equal(frames.reshape(-1, seg.Rows, seg.Columns), seg.pixel_array)
    places = [item.PlanePositionSequence[0].ImagePositionPatient[0]
              for item in seg.PerFrameFunctionalGroupsSequence]  # fmt: skip
    numbers = [item.SegmentIdentificationSequence[0].ReferencedSegmentNumber
               for item in seg.PerFrameFunctionalGroupsSequence]  # fmt: skip
    answer = answer_of(paths)
    values = {number: value for value, number in by_value(seg, VALUES).items()}
    for frame, place, number in zip(frames.reshape(-1, seg.Rows, seg.Columns), places, numbers,
                                    strict=True):  # fmt: skip
        z = round(abs(float(place) - answer.scan.grid.origin_mm[0]) / 6.0)
        assert np.array_equal(frame, answer.mask[z] == values[number])
