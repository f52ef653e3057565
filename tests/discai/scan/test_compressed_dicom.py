"""DICOM as archives send it: compressed, several frames in a file."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from pydicom.uid import RLELossless

from discai.scan import read_scan
from tests.support.scan_files import dicom_bytes, dicom_slice, write

pytestmark = pytest.mark.process

PIXELS = np.random.default_rng(7).integers(0, 900, (40, 36)).astype(np.uint16)


@pytest.mark.parametrize("compressor", ["JPEG", "JPEG2000", "JPEGLS", "RLE"])
def test_lossless_compression_changes_no_pixel(tmp_path: Path, compressor: str) -> None:
    plain = write(tmp_path, "plain.dcm", dicom_bytes(dicom_slice(PIXELS)))
    compressed = tmp_path / "compressed.dcm"
    if compressor == "RLE":  # ITK writes none
        dataset = dicom_slice(PIXELS)
        dataset.compress(RLELossless, generate_instance_uid=False)
        compressed.write_bytes(dicom_bytes(dataset))
    else:
        writer = sitk.ImageFileWriter()
        writer.SetImageIO("GDCMImageIO")
        writer.KeepOriginalImageUIDOn()
        writer.UseCompressionOn()
        writer.SetCompressor(compressor)
        writer.SetFileName(str(compressed))
        writer.Execute(sitk.ReadImage(str(plain)))
        assert b"1.2.840.10008.1.2.4." in compressed.read_bytes()[:600]
    scan, expected = read_scan(compressed), read_scan(plain)
    assert np.array_equal(scan.voxels, expected.voxels)
    assert scan.grid.orientation == expected.grid.orientation
    assert scan.spacing_mm == pytest.approx(expected.spacing_mm)


def test_frames_of_one_file_are_slices(tmp_path: Path) -> None:
    frames = np.stack([PIXELS, PIXELS + 1, PIXELS + 2])
    dataset = dicom_slice(PIXELS)
    dataset.NumberOfFrames = len(frames)
    dataset.SpacingBetweenSlices = 4.4
    dataset.PixelData = frames.tobytes()
    scan = read_scan(write(tmp_path, "frames.dcm", dicom_bytes(dataset)))
    assert scan.voxels.shape == (3, 40, 36)
    stored = scan.to_stored(scan.voxels)
    assert np.array_equal(stored, frames)
