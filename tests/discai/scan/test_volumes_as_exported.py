"""NIfTI, MetaImage and NRRD files as other tools write them, after reports of their users."""

import gzip
import io
import zipfile

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from discai.errors import PermanentError
from discai.scan import read_scan
from tests.support.scan_files import mha_bytes, nifti_bytes, pack_folder, write, zip_bytes

pytestmark = pytest.mark.usefixtures("decoding_here")

RNG = np.random.default_rng(11)
VOLUME = RNG.integers(0, 4000, (5, 24, 20)).astype(np.uint16)
AFFINE = np.array([[0, 0, 4.0, -8], [-0.5, 0, 0, 31], [0, -0.6, 0, 77], [0, 0, 0, 1]])


def refusal(path):
    with pytest.raises(PermanentError) as error:
        read_scan(path)
    return error.value


def place_of(scan, index):
    """LPS millimetres of a voxel `(z, y, x)` of the file."""
    grid = scan.grid
    steps = np.array(grid.direction).reshape(3, 3) * np.array(grid.spacing_mm)[::-1]
    return np.array(grid.origin_mm) + steps @ np.array(index)[::-1]


def nifti(kind=nibabel.Nifti1Image, dtype=np.int16, affine=AFFINE, change=None):
    image = kind(VOLUME.T.astype(dtype), affine, dtype=dtype)
    image.set_qform(affine if change is None else AFFINE, code=1)
    if change:
        change(image.header)
    return image.to_bytes()


def test_a_sheared_affine_is_read_where_nibabel_puts_it(tmp_path):
    sheared = AFFINE.copy()
    sheared[0, 0] += 0.0002 * 0.5
    scan = read_scan(write(tmp_path, "scan.nii", nifti(affine=sheared)))
    assert np.array_equal(scan.to_stored(scan.voxels), VOLUME)
    for index in ((0, 0, 0), (4, 23, 19)):
        expected = (sheared @ np.array([*index[::-1], 1]))[:3] * (-1, -1, 1)
        assert place_of(scan, index) == pytest.approx(expected, abs=0.01)
    assert scan.notes == ()


def test_axes_far_from_right_angles_are_refused_and_near_ones_told(tmp_path):
    for shear, code in ((0.004, None), (0.2, "bad-geometry")):
        sheared = AFFINE.copy()
        sheared[0, 0] += shear * 0.5
        image = nibabel.Nifti1Image(VOLUME.T.astype(np.int16), sheared)
        path = write(tmp_path, "scan.nii", image.to_bytes())
        if code:
            assert refusal(path).code == code
        else:
            assert "off right angles" in read_scan(path).notes[0]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_nifti_2_is_read(tmp_path, pack):
    scan = read_scan(write(tmp_path, "scan.nii.gz", pack(nifti(nibabel.Nifti2Image))))
    assert np.array_equal(scan.to_stored(scan.voxels), VOLUME)
    assert scan.spacing_mm == pytest.approx((4.0, 0.6, 0.5))


@pytest.mark.parametrize("dtype", [np.int64, np.uint64, np.int8, np.uint32])
def test_integers_of_every_size_are_read(tmp_path, dtype):
    values = (VOLUME % 100).T.astype(dtype)
    content = nibabel.Nifti1Image(values, AFFINE, dtype=dtype).to_bytes()
    scan = read_scan(write(tmp_path, "scan.nii", content))
    assert np.array_equal(scan.to_stored(scan.voxels), VOLUME % 100)


@pytest.mark.parametrize("axes", [(1,), (3,), (1, 3), (1, 2, 3)])
def test_signs_of_pixdim_mirror_nothing(tmp_path, axes):
    content = bytearray(nifti())
    spacing = np.frombuffer(content, np.float32, 8, 76).copy()
    spacing[list(axes)] *= -1
    content[76:108] = spacing.tobytes()
    scan = read_scan(write(tmp_path, "scan.nii", bytes(content)))
    plain = read_scan(write(tmp_path, "plain.nii", nifti()))
    assert np.array_equal(scan.voxels, plain.voxels)
    assert scan.grid.direction == pytest.approx(plain.grid.direction)
    assert scan.grid.origin_mm == pytest.approx(plain.grid.origin_mm)


def test_a_nifti_without_axes_says_what_was_taken(tmp_path):
    image = nibabel.Nifti1Image(VOLUME.transpose(0, 2, 1), None)
    image.header.set_zooms((4.0, 0.5, 0.6))
    scan = read_scan(write(tmp_path, "scan.nii", image.to_bytes()))
    assert "doesn't say how the patient lay" in scan.notes[0]


def plain_mha(extra="", behind=b"", **changed):
    """A MetaImage as text header and plain pixels; `changed` replaces values."""
    z, y, x = VOLUME.shape
    entries = {
        "ObjectType": "Image",
        "NDims": "3",
        "BinaryData": "True",
        "BinaryDataByteOrderMSB": "False",
        "CompressedData": "False",
        "TransformMatrix": "0 1 0 0 0 -1 -1 0 0",
        "Offset": "0 0 0",
        "ElementSpacing": "0.5 0.6 4",
        "DimSize": f"{x} {y} {z}",
        "ElementType": "MET_USHORT",
        "ElementDataFile": "LOCAL",
    } | changed
    *lines, last = (f"{key} = {value}\n" for key, value in entries.items())
    return ("".join(lines) + extra + last).encode() + VOLUME.tobytes() + behind


@pytest.mark.parametrize(
    "content",
    [
        plain_mha(BinaryData="true", CompressedData="false", BinaryDataByteOrderMSB="0"),
        plain_mha("HeaderSize = -1\n"),
        plain_mha("Comment = " + "x" * 80_000 + "\n"),
        plain_mha("\n\t\n"),
        plain_mha(behind=b"\n"),
        plain_mha().replace(b" = ", b"\t=\t"),
        plain_mha(
            NDims="4",
            DimSize="20 24 5 1",
            ElementSpacing="0.5 0.6 4 1",
            Offset="0 0 0 0",
            TransformMatrix="0 1 0 0  0 0 -1 0  -1 0 0 0  0 0 0 1",
        ),
    ],
    ids=["booleans", "header size", "long header", "blank lines", "a byte behind", "tabs", "4-d"],
)
def test_metaimages_of_other_writers_are_read(tmp_path, content):
    scan = read_scan(write(tmp_path, "scan.mha", content))
    assert np.array_equal(scan.voxels, VOLUME)
    assert scan.spacing_mm == (4.0, 0.6, 0.5)


def test_one_slice_of_two_dimensions_is_a_picture_with_a_size(tmp_path):
    image = sitk.GetImageFromArray(VOLUME[0])
    image.SetSpacing((0.5, 0.6))
    sitk.WriteImage(image, tmp_path / "slice.mha")
    scan = read_scan(tmp_path / "slice.mha")
    assert np.array_equal(scan.voxels, VOLUME[:1])
    assert scan.spacing_mm == (1.0, 0.6, 0.5)


def test_several_volumes_in_one_file_are_refused(tmp_path):
    content = plain_mha(
        NDims="4",
        DimSize="20 24 1 5",
        ElementSpacing="1 1 1 1",
        Offset="0 0 0 0",
        TransformMatrix="1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1",
    )
    assert refusal(write(tmp_path, "scan.mha", content)).code == "not-3d"


def test_a_header_and_its_pixels_are_read_together(tmp_path):
    header, pixels = plain_mha(ElementDataFile="scan.raw").split(b"scan.raw\n")
    files = {"case/scan.mhd": header + b"scan.raw\n", "case/scan.raw": pixels}
    scan = read_scan(write(tmp_path, "case.zip", zip_bytes(files)))
    assert np.array_equal(scan.voxels, VOLUME)
    zipfile.ZipFile(tmp_path / "case.zip").extractall(tmp_path)
    pack_folder(tmp_path / "case", tmp_path / "again.zip")
    assert np.array_equal(read_scan(tmp_path / "again.zip").voxels, VOLUME)
    alone = write(tmp_path, "alone.mhd", files["case/scan.mhd"])
    assert refusal(alone).code == "external-data"
    elsewhere = {"a/scan.mhd": files["case/scan.mhd"], "b/scan.raw": pixels}
    assert refusal(write(tmp_path, "b.zip", zip_bytes(elsewhere))).code == "external-data"


def nrrd(folder, **options):
    path = folder / "scan.nrrd"
    image = sitk.GetImageFromArray(VOLUME)
    image.SetSpacing((0.5, 0.6, 4.0))
    image.SetDirection((0, 0, -1, 1, 0, 0, 0, -1, 0))
    sitk.WriteImage(image, path, **options)
    return path


@pytest.mark.parametrize("compressed", [True, False])
def test_nrrd_is_read(tmp_path, compressed):
    scan = read_scan(nrrd(tmp_path, useCompression=compressed))
    assert np.array_equal(scan.voxels, VOLUME)
    assert scan.spacing_mm == pytest.approx((4.0, 0.6, 0.5))


def test_hostile_nrrd_is_refused(tmp_path):
    whole = nrrd(tmp_path, useCompression=False).read_bytes()
    named = whole.replace(b"encoding:", b"data file: /etc/passwd\nencoding:")
    huge = whole.replace(b"sizes: 20 24 5", b"sizes: 9000 9000 900")
    for name, content, codes in (
        ("named", named, {"external-data"}),
        ("huge", huge, {"too-large"}),
        ("cut", whole[:-100], {"truncated"}),
        ("header", whole[:60], {"not-an-image"}),
    ):
        assert refusal(write(tmp_path, f"{name}.nrrd", content)).code in codes, name


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("scan.mha", mha_bytes(VOLUME)),
        ("scan.nii.gz", gzip.compress(nifti_bytes(VOLUME.T))),
        ("deep/scan.mha", mha_bytes(VOLUME)),
    ],
)
def test_one_volume_in_a_zip_is_read_whatever_text_lies_beside(tmp_path, name, content):
    archive = zip_bytes({name: content, "LICENCE.txt": b"CC BY 4.0"})
    assert np.array_equal(read_scan(write(tmp_path, "x.zip", archive)).voxels, VOLUME)
    nested = write(tmp_path, "nested.zip", zip_bytes({"inner.zip": archive}))
    assert np.array_equal(read_scan(nested).voxels, VOLUME)


def test_zip64_is_read_and_bounded(tmp_path):
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w") as archive,
        archive.open(zipfile.ZipInfo("scan.mha"), "w", force_zip64=True) as entry,
    ):
        entry.write(mha_bytes(VOLUME))
    content = with_zip64_end(buffer.getvalue())
    assert np.array_equal(read_scan(write(tmp_path, "x.zip", content)).voxels, VOLUME)
    many = with_zip64_end(buffer.getvalue(), count=10**9)
    assert refusal(write(tmp_path, "many.zip", many)).code == "too-large"
    lost = with_zip64_end(buffer.getvalue(), offset=10**9)
    assert refusal(write(tmp_path, "lost.zip", lost)).code == "damaged"


def with_zip64_end(content, count=1, offset=None):
    """The archive with the end record that streaming writers add."""
    end = content.rindex(b"PK\x05\x06")
    size, start = (int.from_bytes(content[end + at : end + at + 4], "little") for at in (12, 16))
    record = b"PK\x06\x06" + b"".join(
        number.to_bytes(width, "little")
        for number, width in ((44, 8), (45, 2), (45, 2), (0, 4), (0, 4), (count, 8), (count, 8))
    )
    record += size.to_bytes(8, "little") + start.to_bytes(8, "little")
    place = end if offset is None else offset
    locator = b"PK\x06\x07" + bytes(4) + place.to_bytes(8, "little") + (1).to_bytes(4, "little")
    return content[:end] + record + locator + content[end:]
