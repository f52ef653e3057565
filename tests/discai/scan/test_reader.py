"""Every format, read from files made here."""

import gzip
import os
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from discai.errors import PermanentError
from discai.scan import read_scan
from discai.scan.archive import natural_order
from discai.scan.reader import nameless
from discai.study import opened, sort_study
from tests.support.scan_files import (
    dicom_bytes,
    dicom_series,
    dicom_slice,
    mha_bytes,
    nifti_bytes,
    pack_folder,
    picture_bytes,
    write,
    zip_bytes,
)

pytestmark = pytest.mark.process

RNG = np.random.default_rng(7)
VOLUME = RNG.integers(0, 4000, (5, 24, 20)).astype(np.uint16)


def test_mha_keeps_pixels_and_spacing(tmp_path: Path) -> None:
    scan = read_scan(write(tmp_path, "scan.mha", mha_bytes(VOLUME, (4.0, 0.6, 0.5))))
    assert np.array_equal(scan.voxels, VOLUME)
    assert scan.spacing_mm == (4.0, 0.6, 0.5)


@pytest.mark.parametrize("name", ["107", "11", "110"])
def test_real_mha_has_the_pixels_that_simpleitk_reads(data_dir: Path, name: str) -> None:
    path = data_dir / "spider" / "space_volumes" / f"{name}.mha"
    expected = sitk.GetArrayFromImage(sitk.DICOMOrient(sitk.ReadImage(path), "PIR"))
    scan = read_scan(path)
    assert scan.voxels.dtype == expected.dtype
    assert scan.voxels.tobytes() == expected.tobytes()


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8"])
@pytest.mark.parametrize("compressed", [True, False])
def test_mha_of_every_pixel_type_reads_as_simpleitk_does(
    tmp_path: Path, dtype: str, compressed: bool
) -> None:
    path = tmp_path / "scan.mha"
    image = sitk.GetImageFromArray(VOLUME.astype(dtype))
    image.SetDirection((0, 0, -1, 1, 0, 0, 0, -1, 0))
    sitk.WriteImage(image, path, useCompression=compressed)
    assert np.array_equal(read_scan(path).voxels, VOLUME.astype(dtype))


def test_mha_names_what_it_dropped_and_never_its_value(tmp_path: Path) -> None:
    extra = b"PatientName = Doe^Jane\n0010|0030 = 19700101\nMy Notes = M\xfcller\n"
    content = mha_bytes(VOLUME).replace(b"DimSize", extra + b"DimSize")
    scan = read_scan(write(tmp_path, "scan.mha", content))
    assert scan.removed_tags == ("PatientName", "PatientBirthDate", "My Notes")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.float32, np.float64])
def test_nifti_keeps_pixels_and_spacing(tmp_path: Path, pack: type, dtype: type) -> None:
    content = pack(nifti_bytes(VOLUME.T.astype(dtype)))
    scan = read_scan(write(tmp_path, "an upload", content))
    assert np.array_equal(scan.voxels, VOLUME.astype(dtype))
    assert scan.spacing_mm == pytest.approx((4.0, 0.6, 0.5))


def test_nifti_of_one_slice(tmp_path: Path) -> None:
    scan = read_scan(write(tmp_path, "scan.nii", nifti_bytes(VOLUME[:1].T)))
    assert scan.voxels.shape == (1, 24, 20)


def test_not_a_number_becomes_background(tmp_path: Path) -> None:
    values = VOLUME.astype(np.float32) + 5
    values[0, 0, 0] = np.nan
    scan = read_scan(write(tmp_path, "scan.mha", mha_bytes(values)))
    assert scan.voxels[0, 0, 0] == values[np.isfinite(values)].min()


def test_single_dicom_has_its_own_geometry(tmp_path: Path) -> None:
    content = dicom_bytes(dicom_slice(VOLUME[2]))
    scan = read_scan(write(tmp_path, "IM001", content))
    assert np.array_equal(scan.voxels, VOLUME[2:3])
    assert scan.spacing_mm == pytest.approx((4.0, 0.6, 0.5))
    assert {"PatientName", "PatientID", "InstitutionName", "StudyDate"} <= set(scan.removed_tags)
    assert not any("Jane" in tag or "4711" in tag for tag in scan.removed_tags)


@pytest.mark.parametrize("thickness", [b"", b"0 ", b"-1", b"thin", b"nan ", b"inf "])
def test_single_dicom_is_read_as_if_a_useless_thickness_were_absent(
    tmp_path: Path, thickness: bytes
) -> None:
    dataset = dicom_slice(VOLUME[2])
    dataset.SliceThickness = None
    useless = dicom_bytes(dataset)
    empty = b"\x18\x00\x50\x00DS\x00\x00"
    assert empty in useless
    filled = empty[:-2] + len(thickness).to_bytes(2, "little") + thickness
    del dataset.SliceThickness
    absent = read_scan(write(tmp_path, "absent", dicom_bytes(dataset)))
    scan = read_scan(write(tmp_path, "useless", useless.replace(empty, filled)))
    assert np.array_equal(scan.voxels, absent.voxels)
    assert scan.spacing_mm == absent.spacing_mm == pytest.approx((1.0, 0.6, 0.5))


def test_picture_stored_as_dicom_is_taken_as_shown(tmp_path: Path) -> None:
    dataset = dicom_slice(VOLUME[0])
    for name in ("ImageOrientationPatient", "ImagePositionPatient", "PixelSpacing"):
        delattr(dataset, name)
    scan = read_scan(write(tmp_path, "capture.dcm", dicom_bytes(dataset)))
    assert np.array_equal(scan.voxels, VOLUME[:1])
    assert scan.spacing_mm is None


def test_dicom_series_is_sorted_by_position_whatever_the_names(tmp_path: Path) -> None:
    files = dicom_series(VOLUME, slice_mm=3.3)
    shuffled = {f"disk/{i}": content for i, content in enumerate(reversed(files.values()))}
    extras = {"DICOMDIR": b"x", "__MACOSX/._1": b"x", "disk/.DS_Store": b"x"}
    scan = read_scan(write(tmp_path, "study.zip", zip_bytes(shuffled | extras)))
    assert np.array_equal(scan.voxels, VOLUME)
    assert scan.spacing_mm == pytest.approx((3.3, 0.6, 0.5))


@pytest.mark.parametrize("zipped_by", ["a person", "us"])
def test_what_a_cd_holds_beside_its_series_is_left_out(tmp_path: Path, zipped_by: str) -> None:
    files = dicom_series(VOLUME) | {
        "DICOMDIR": bytes(128) + b"DICM",
        "LOCKFILE": b"",
        "README.txt": b"Start the viewer.",
        "autorun.inf": b"[autorun]\r\nopen=viewer\\viewer.exe\r\n",
        "viewer/viewer.exe": b"MZ\x90\x00",
        "viewer/icon.png": picture_bytes(np.zeros((16, 16, 3), np.uint8)),
        "viewer/logo.jpg": b"",
        "IHE_PDI/IM000.jpg": picture_bytes(VOLUME[0].astype(np.uint8), ".jpg"),
    }
    archive = write(tmp_path, "cd.zip", zip_bytes(files))
    if zipped_by == "us":
        zipfile.ZipFile(archive).extractall(tmp_path / "cd")
        pack_folder(tmp_path / "cd", archive)
    assert np.array_equal(read_scan(archive).voxels, VOLUME)


@pytest.mark.parametrize(
    "other", [("MetaImage", mha_bytes(VOLUME)), ("NIfTI", nifti_bytes(VOLUME.T))]
)
def test_a_volume_beside_a_dicom_series_may_be_another_scan(
    tmp_path: Path, other: tuple[str, bytes]
) -> None:
    name, volume = other
    archive = write(tmp_path, "two.zip", zip_bytes(dicom_series(VOLUME) | {"another": volume}))
    with pytest.raises(PermanentError, match=f"(?s)DICOM.*{name}.*alone") as refusal:
        read_scan(archive)
    assert refusal.value.code == "mixed-series"
    zipfile.ZipFile(archive).extractall(tmp_path / "two")
    with opened(tmp_path / "two") as files:
        assert [series.format for series in sort_study(files).series] == ["DICOM", name]


@pytest.mark.parametrize(
    "names",
    [
        [f"png/s_{number}.png" for number in range(6)],
        [f"{number}/s.png" for number in range(6)],
        [f"study/{name}.png" for name in ("far-left", "left", "middle", "right", "scout", "side")],
    ],
)
def test_more_pictures_than_dicom_files_may_be_the_scan_that_was_meant(
    tmp_path: Path, names: list[str]
) -> None:
    pictures = dict.fromkeys(names, picture_bytes(np.zeros((140, 128), np.uint8)))
    archive = write(tmp_path, "case.zip", zip_bytes(dicom_series(VOLUME) | pictures))
    zipfile.ZipFile(archive).extractall(tmp_path / "case")
    for read in (lambda: read_scan(archive), lambda: pack_folder(tmp_path / "case", archive)):
        with pytest.raises(PermanentError, match=r"DICOM and picture.*alone") as refusal:
            read()
        assert refusal.value.code == "mixed-series"


def test_each_slice_of_a_cd_may_be_there_as_pictures_of_two_sizes_once_more(tmp_path: Path) -> None:
    page, thumbnail = (picture_bytes(np.zeros((size, size), np.uint8)) for size in (256, 128))
    copies: dict[str, bytes] = {}
    for number in range(len(VOLUME)):
        copies |= {f"pages/{number}.png": page, f"pages/{number}_s.png": page}
        copies |= {f"views/{number}/page.png": page, f"views/{number}0/page.png": thumbnail}
    scan = read_scan(write(tmp_path, "cd.zip", zip_bytes(dicom_series(VOLUME) | copies)))
    assert np.array_equal(scan.voxels, VOLUME)


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_icons_of_a_viewer_are_no_series_however_many(tmp_path: Path, suffix: str) -> None:
    icon = picture_bytes(np.zeros((64, 300), np.uint8), suffix)
    icons = {f"viewer/icon{number}{suffix}": icon for number in range(20)}
    scan = read_scan(write(tmp_path, "cd.zip", zip_bytes(dicom_series(VOLUME) | icons)))
    assert np.array_equal(scan.voxels, VOLUME)


def test_the_frames_of_a_multi_frame_file_count_as_slices(tmp_path: Path) -> None:
    dataset = dicom_slice(VOLUME[0])
    dataset.NumberOfFrames, dataset.PixelData = len(VOLUME), VOLUME.tobytes()
    page = picture_bytes(np.zeros((256, 256), np.uint8))
    pages = {f"IHE_PDI/IM{number}.png": page for number in range(len(VOLUME))}
    archive = zip_bytes({"DICOM/1": dicom_bytes(dataset), **pages})
    assert np.array_equal(read_scan(write(tmp_path, "cd.zip", archive)).voxels, VOLUME)
    archive = zip_bytes({"DICOM/1": dicom_bytes(dataset), **pages, "IHE_PDI/IM9.png": page})
    with pytest.raises(PermanentError, match="alone"):
        read_scan(write(tmp_path, "more.zip", archive))


def test_a_folder_may_hold_names_in_an_old_encoding(tmp_path: Path) -> None:
    for number, content in enumerate(dicom_series(VOLUME).values()):
        write(tmp_path, os.fsdecode(b"M\xfcller %d" % number), content)
    pack_folder(tmp_path, tmp_path / "scan.zip")
    assert np.array_equal(read_scan(tmp_path / "scan.zip").voxels, VOLUME)


def test_a_folder_of_one_volume_is_that_volume(tmp_path: Path) -> None:
    write(tmp_path, "scan.mha", mha_bytes(VOLUME))
    pack_folder(tmp_path, tmp_path / "scan.zip")
    assert np.array_equal(read_scan(tmp_path / "scan.zip").voxels, VOLUME)


def test_a_folder_without_images_is_no_scan(tmp_path: Path) -> None:
    for code in ("empty", "unsupported-format"):
        with pytest.raises(PermanentError) as refusal:
            pack_folder(tmp_path, tmp_path / "scan.zip")
        assert refusal.value.code == code
        write(tmp_path, "notes.txt", b"no image")


def test_dicom_series_lies_where_simpleitk_puts_it(tmp_path: Path) -> None:
    for name, content in dicom_series(VOLUME).items():
        write(tmp_path, Path(name).name, content)
    names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(tmp_path))
    expected = sitk.ReadImage(names)
    scan = read_scan(write(tmp_path, "study.zip", zip_bytes(dicom_series(VOLUME))))
    stored = scan.to_stored(scan.voxels)
    assert np.array_equal(stored, sitk.GetArrayFromImage(expected))
    assert scan.grid.origin_mm == pytest.approx(expected.GetOrigin())
    assert scan.grid.direction == pytest.approx(expected.GetDirection())


def test_zip_of_pictures_is_in_natural_order(tmp_path: Path) -> None:
    files = {
        f"slice{number}.png": picture_bytes(np.full((9, 8), number, np.uint8))
        for number in (10, 2, 1, 33)
    }
    scan = read_scan(write(tmp_path, "slices.zip", zip_bytes(files)))
    assert scan.voxels[:, 0, 0].tolist() == [1, 2, 10, 33]
    assert scan.spacing_mm is None


def test_natural_order_knows_folders_and_leading_zeros() -> None:
    names = ["b/1.png", "a/010.png", "a/9.png", "A/2.png", "a/1" + "0" * 5000 + ".png"]
    assert sorted(names, key=natural_order) == [names[3], names[2], names[1], names[4], names[0]]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_png_keeps_every_grey_value(tmp_path: Path, dtype: type) -> None:
    pixels = VOLUME[0].astype(dtype)
    scan = read_scan(write(tmp_path, "slice.png", picture_bytes(pixels)))
    assert scan.voxels.dtype == dtype
    assert np.array_equal(scan.voxels[0], pixels)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_saved_as_colour_keeps_every_grey_value(
    tmp_path: Path, channels: int, dtype: type
) -> None:
    grey = VOLUME[0].astype(dtype)
    pixels = np.repeat(grey[..., None], channels, axis=2)
    if channels == 4:
        pixels[..., 3] = np.iinfo(dtype).max
    scan = read_scan(write(tmp_path, "slice.png", picture_bytes(pixels)))
    assert np.array_equal(scan.voxels[0], grey)


def test_colour_becomes_grey(tmp_path: Path) -> None:
    pixels = RNG.integers(0, 255, (24, 20, 3)).astype(np.uint8)
    scan = read_scan(write(tmp_path, "slice.png", picture_bytes(pixels)))
    assert np.array_equal(scan.voxels[0], cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY))


def test_jpeg_is_read_by_content_whatever_its_name(tmp_path: Path) -> None:
    smooth = np.tile(np.arange(64, dtype=np.uint8), (48, 1))
    scan = read_scan(write(tmp_path, "slice.mha", picture_bytes(smooth, ".jpg")))
    assert scan.voxels.shape == (1, 48, 64)
    assert np.abs(scan.voxels[0].astype(int) - smooth).max() < 8


def test_isotropic_volume_may_be_stored_in_any_plane(tmp_path: Path) -> None:
    cube = RNG.integers(0, 99, (16, 18, 20)).astype(np.uint8)
    scan = read_scan(write(tmp_path, "cube.mha", mha_bytes(cube, (1.0, 1.0, 1.0), "LPS")))
    assert scan.voxels.shape == (20, 16, 18)


@pytest.mark.parametrize("orientation", ["LPS", "LSP", "RPI"])
def test_axial_and_coronal_slices_are_refused(tmp_path: Path, orientation: str) -> None:
    path = write(tmp_path, "scan.mha", mha_bytes(VOLUME, (4.0, 0.6, 0.6), orientation))
    with pytest.raises(PermanentError) as refusal:
        read_scan(path)
    assert refusal.value.code == "not-sagittal"


def test_mha_without_direction_is_taken_as_shown(tmp_path: Path) -> None:
    lines = mha_bytes(VOLUME, orientation="LPS").split(b"\n")
    content = b"\n".join(line for line in lines if not line.startswith(b"TransformMatrix"))
    assert np.array_equal(read_scan(write(tmp_path, "scan.mha", content)).voxels, VOLUME)


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("x/Jane_Doe.mha", "scan.mha"),
        ("x/Jane Doe.NII.gz", "scan.nii.gz"),
        ("x/Jane.png.zip", "scan.zip"),
        ("x/Jane Doe.dicom", "scan.dicom"),
        ("x/Doe.Jane", "scan"),
        ("x/Doe.Jane.gz", "scan"),
        ("x/Doe.Jane.zip", "scan.zip"),
        ("x/Doe.Jane Mary", "scan"),
        ("x/1.2.840.113619", "scan"),
        ("x/Jane/", "scan"),
    ],
)
def test_a_working_copy_has_the_ending_that_a_reader_knows_and_no_name(name, left):
    assert nameless(name) == left
