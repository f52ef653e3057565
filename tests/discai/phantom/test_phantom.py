"""The drawing itself; what the network makes of it is in test_reading.py."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from discai.anatomy import LEVELS
from discai.phantom import SUFFIXES, Phantom, PhantomOptions, draw_phantom, write_phantom
from discai.scan import read_scan

OPTIONS: dict[str, Any] = {"slices": 3, "spacing_mm": (4.0, 0.9, 0.9)}


@pytest.fixture(scope="module")
def phantom() -> Phantom:
    return draw_phantom(PhantomOptions(**OPTIONS))


def test_the_same_seed_gives_the_same_voxels(phantom: Phantom) -> None:
    again = draw_phantom(PhantomOptions(**OPTIONS))
    other = draw_phantom(PhantomOptions(seed=1, **OPTIONS))
    assert np.array_equal(again.scan.voxels, phantom.scan.voxels)
    assert not np.array_equal(other.scan.voxels, phantom.scan.voxels)


def test_discs_lie_one_above_the_other_at_a_human_distance(phantom: Phantom) -> None:
    assert tuple(reversed(phantom.boxes)) == LEVELS
    middles = [0.9 * (y0 + y1) / 2 for _, y0, _, y1 in phantom.boxes.values()]
    pitches = -np.diff(middles)
    assert (pitches > 28).all()
    assert (pitches < 46).all()
    for x0, y0, x1, y1 in phantom.boxes.values():
        assert 28 < 0.9 * (x1 - x0) < 48
        assert 5 < 0.9 * (y1 - y0) < 35


def test_discs_are_darker_than_bone_and_fluid_is_bright(phantom: Phantom) -> None:
    pixels = phantom.scan.voxels[phantom.middle_slice].astype(float)
    x0, y0, x1, y1 = map(int, phantom.boxes["L2-L3"])
    middle = (x0 + x1) // 2
    rim = pixels[y0:y1, x0 + 1 : x0 + 5].min()
    bone = np.median(pixels[y1 + 6 : y1 + 18, middle - 8 : middle + 8])
    canal = pixels[y0:y1, x1 : x1 + 18].max()
    assert rim < 0.5 * bone
    assert canal > 1.5 * bone


def test_only_the_herniated_disc_reaches_into_the_canal() -> None:
    """The fluid just behind the disc is pushed away, compared with the same spine unhurt."""
    options = OPTIONS | {"seed": 4}
    hurt = draw_phantom(PhantomOptions(herniated="L4-L5", **options))
    whole = draw_phantom(PhantomOptions(herniated=None, **options))
    behind = {}
    for name, drawn in (("hurt", hurt), ("whole", whole)):
        x1 = int(drawn.boxes["L4-L5"][2])
        y = int(np.mean(drawn.boxes["L4-L5"][1::2]))
        behind[name] = drawn.scan.voxels[1, y - 3 : y + 3, x1 + 1 : x1 + 6].mean()
    assert behind["hurt"] < 0.6 * behind["whole"]


@pytest.mark.process
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_file_is_read_back(tmp_path: Path, phantom: Phantom, suffix: str) -> None:
    path = tmp_path / f"phantom{suffix}"
    write_phantom(phantom, path)
    scan = read_scan(path)
    if suffix in (".png", ".png.zip"):
        assert scan.spacing_mm is None
        assert scan.voxels.dtype == np.uint8
        assert len(scan.voxels) == (1 if suffix == ".png" else 3)
    else:
        assert np.array_equal(scan.voxels, phantom.scan.voxels)
        assert scan.spacing_mm == pytest.approx((4.0, 0.9, 0.9))


@pytest.mark.process
@pytest.mark.parametrize("orientation", ["PIR", "ASL", "LPS", "SRP", "IAR"])
@pytest.mark.parametrize("suffix", [".mha", ".nii.gz"])
def test_the_orientation_of_the_file_changes_nothing_in_the_scan(
    tmp_path: Path, phantom: Phantom, orientation: str, suffix: str
) -> None:
    path = tmp_path / f"phantom{suffix}"
    write_phantom(draw_phantom(PhantomOptions(orientation=orientation, **OPTIONS)), path)
    scan = read_scan(path)
    assert scan.grid.orientation == orientation
    assert np.array_equal(scan.voxels, phantom.scan.voxels)


def test_two_sequences_are_two_series_of_one_study(tmp_path: Path) -> None:
    told = []
    for contrast in ("t1", "t2", "t2"):
        path = tmp_path / "series.zip"
        write_phantom(draw_phantom(PhantomOptions(contrast=contrast, **OPTIONS)), path)
        with zipfile.ZipFile(path) as archive:
            slices = [pydicom.dcmread(archive.open(name)) for name in archive.namelist()]
        told.append({(str(each.StudyInstanceUID), str(each.SeriesInstanceUID)) for each in slices})
        assert len({each.SOPInstanceUID for each in slices}) == len(slices)
        assert all(each.SOPInstanceUID.is_valid for each in slices)
    (t1,), (t2,), (again,) = told
    assert t1[0] == t2[0]
    assert t1[1] != t2[1]
    assert again == t2
