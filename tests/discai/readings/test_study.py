"""`discai.read` gives what `discai predict` writes, with a reading made by hand."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk  # noqa: N813 - everybody's name for it

import discai
from discai.anatomy import disc_value
from discai.commands.batch import predict_all
from discai.errors import PermanentError
from discai.reading import Reading
from discai.readings.study import read, read_with
from discai.records.scans import Step
from discai.scan import Scan
from tests.support.readings import reading_of
from tests.support.scan_files import mha_bytes, picture_bytes, write
from tests.support.studies.archives import cases

VOLUME = np.random.default_rng(1).integers(0, 999, (5, 48, 44)).astype(np.uint16)
STUDY = cases()["whole-study"]


class FakePredictor:
    """Finds two discs in every scan but those of as many slices as it is told."""

    herniation_threshold = 0.42

    def __init__(self, blind_at: int = 0) -> None:
        self._blind_at = blind_at

    def read(self, scan: Scan, progress: Callable[[Step, int, int], None]) -> Reading:
        progress("segmenting", 1, 1)
        if len(scan.voxels) == self._blind_at:
            raise PermanentError("no-discs", "No discs are visible.")
        return reading_of(scan, key_slice=3 if len(scan.voxels) > 3 else 0)


@pytest.fixture
def predicted(tmp_path: Path) -> Callable[[Path], Path]:
    """The folder that `discai predict` writes for a path."""

    def predict(path: Path) -> Path:
        assert predict_all(FakePredictor(), [path], tmp_path / "out", pytest.fail) == 0
        (folder,) = (tmp_path / "out").iterdir()
        return folder

    return predict


def test_a_scan_gives_the_table_the_mask_and_the_prediction_of_discai_predict(
    tmp_path: Path, predicted: Callable[[Path], Path]
) -> None:
    path = write(tmp_path, "scan.nii.mha", mha_bytes(VOLUME))
    folder = predicted(path)
    reading = read_with(FakePredictor(), path)
    pd.testing.assert_frame_equal(reading.discs, pd.read_csv(folder / "discs.csv"))
    written = sitk.ReadImage(folder / "segmentation.mha")
    assert np.array_equal(reading.mask, sitk.GetArrayFromImage(written))
    (series,) = reading.series
    known = json.loads((folder / "prediction.json").read_text(encoding="utf-8"))
    assert {**series.prediction, "seconds": 0} == {**known, "seconds": 0}
    assert list(series.prediction["seconds"]) == list(known["seconds"])
    key_slice = known["scan"]["keySlice"]
    for shown in (reading.show(), reading.show(slice=key_slice)):
        assert shown.png == (folder / f"overlay-{key_slice:02d}.png").read_bytes()
        assert shown._repr_png_() == shown.png
    assert reading.warnings == ("Odd.",)


@pytest.mark.parametrize("flip", [False, True], ids=["as it lies", "turned"])
def test_an_image_of_another_library_lies_where_the_scan_does(tmp_path: Path, flip: bool) -> None:
    image = sitk.GetImageFromArray(VOLUME)
    image.SetSpacing((0.7, 0.6, 4.0))
    image.SetOrigin((10.0, -20.0, 30.0))
    image.SetDirection((0, 0, 1, 1, 0, 0, 0, -1, 0) if flip else (0, 0, -1, 1, 0, 0, 0, -1, 0))
    path = tmp_path / "scan.mha"
    sitk.WriteImage(image, path)
    mask = read_with(FakePredictor(), path).mask
    assert mask.spacing_mm == (4.0, 0.6, 0.7)
    as_itk, as_nibabel = mask.to_simpleitk(), mask.to_nibabel()
    assert as_itk.GetDirection() == image.GetDirection()
    assert as_itk.GetOrigin() == image.GetOrigin()
    assert as_itk.GetSpacing() == image.GetSpacing()
    assert isinstance(as_nibabel, nibabel.Nifti1Image)
    z, y, x = map(int, np.argwhere(mask.disc("L4-L5"))[0])
    lps = np.array(as_itk.TransformIndexToPhysicalPoint((x, y, z)))
    assert mask.affine @ [z, y, x, 1] == pytest.approx([*(lps * (-1, -1, 1)), 1])
    assert as_nibabel.affine @ [x, y, z, 1] == pytest.approx([*(lps * (-1, -1, 1)), 1], abs=1e-4)
    assert int(np.asarray(as_nibabel.dataobj)[x, y, z]) == disc_value("L4-L5")
    assert as_itk[x, y, z] == disc_value("L4-L5")


def test_a_mask_is_taken_as_an_array_and_knows_its_levels(tmp_path: Path) -> None:
    path = write(tmp_path, "scan.mha", mha_bytes(VOLUME))
    mask = read_with(FakePredictor(), path).mask
    assert np.asarray(mask, np.float32).dtype == np.float32
    assert np.array_equal(mask.disc("L4-L5"), mask.array == disc_value("L4-L5"))
    assert not mask.disc("L1-L2").any()
    with pytest.raises(PermanentError, match="no level 'L9'") as refused:
        mask.disc("L9")
    assert refused.value.code == "bad-option"


@pytest.mark.usefixtures("decoding_here")
def test_a_picture_has_no_spacing_and_is_saved_as_discai_predict_does(tmp_path: Path) -> None:
    path = write(tmp_path, "one.png", picture_bytes(VOLUME[0].astype(np.uint8)))
    reading = read_with(FakePredictor(), path)
    assert reading.mask.spacing_mm is None
    assert reading.mask.to_simpleitk().GetSpacing() == (1.0, 1.0, 1.0)
    reading.show().save(tmp_path / "shown.png")
    reading.main.save(tmp_path / "saved")
    shown = (tmp_path / "shown.png").read_bytes()
    assert (tmp_path / "saved" / "overlay-00.png").read_bytes() == shown
    assert (tmp_path / "saved" / "prediction.json").exists()


@pytest.mark.usefixtures("decoding_here")
def test_a_study_gives_its_series_and_one_answer_a_disc(
    tmp_path: Path, predicted: Callable[[Path], Path]
) -> None:
    path = write(tmp_path, "anna.zip", STUDY.zipped())
    study = json.loads((predicted(path) / "study.json").read_text(encoding="utf-8"))
    reading = read_with(FakePredictor(), path)
    assert [each.name for each in reading.series] == ["1-t1", "2-t2", "3-stir"]
    assert [disc.model_dump(by_alias=True) for disc in reading.answers] == study["discs"]
    assert [thing.model_dump(by_alias=True) for thing in reading.left_out] == study["leftOut"]
    assert list(reading.discs["scan"].unique()) == ["1-t1", "2-t2", "3-stir"]
    assert list(reading.table.columns) == [
        "level", "herniation", "1-t1", "2-t2", "3-stir", "disagreement",
    ]  # fmt: skip
    assert list(reading.table["level"]) == ["L4-L5", "L5-S1"]
    assert reading.main is reading.series[1]
    assert reading.mask is reading.series[1].mask
    assert reading.show() == reading.series[1].show()
    assert reading.warnings == ("1-t1: Odd.", "2-t2: Odd.", "3-stir: Odd.")
    assert not reading.failures


def test_a_series_that_fails_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    for name, slices in (("cut", 5), ("whole", 4)):
        write(tmp_path, f"study/{name}.mha", mha_bytes(VOLUME[:slices]))
    reading = read_with(FakePredictor(blind_at=5), tmp_path / "study")
    assert [each.name for each in reading.series] == ["2-whole"]
    assert {label: failure.code for label, failure in reading.failures.items()} == {
        "1-cut": "no-discs"
    }
    assert list(reading.table.columns) == ["level", "herniation", "2-whole", "disagreement"]


def test_errors_have_codes(tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    for name in ("one", "two"):
        write(tmp_path, f"study/{name}.mha", mha_bytes(VOLUME))
    refused = [
        (tmp_path / "missing.mha", "not-found"),
        (write(tmp_path, "cut.mha", mha_bytes(VOLUME)[:-9]), "truncated"),
        (tmp_path / "study", "no-discs"),
    ]
    for path, code in refused:
        with pytest.raises(discai.errors.DiscaiError) as error:
            read_with(FakePredictor(blind_at=5), path)
        assert error.value.code == code
    scan = write(tmp_path, "scan.mha", mha_bytes(VOLUME))
    with pytest.raises(discai.errors.PermanentError, match="The last is 4") as error:
        read_with(FakePredictor(), scan).show(slice=5)
    assert error.value.code == "bad-option"


def test_what_a_file_system_refuses_is_an_error_with_a_code(tmp_path: Path) -> None:
    class Broken(FakePredictor):
        def read(self, scan: Scan, progress: Callable[[Step, int, int], None]) -> Reading:
            raise PermissionError(13, "Permission denied")

    scan = write(tmp_path, "scan.mha", mha_bytes(VOLUME))
    with pytest.raises(PermanentError, match="Permission denied") as error:
        read_with(Broken(), scan)
    assert error.value.code == "file-error"


def test_the_package_names_what_it_exports() -> None:
    assert discai.read is read
    assert set(discai.__all__) <= set(dir(discai))
    for name in discai.__all__:
        assert getattr(discai, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'reed'"):
        discai.reed  # noqa: B018


@pytest.mark.process
def test_importing_discai_imports_no_library_and_reading_no_tensorflow() -> None:
    program = """
import sys
before = set(sys.modules)
import discai
new = {name.partition(".")[0] for name in set(sys.modules) - before}
print(sorted(new - sys.stdlib_module_names))
discai.read
print(sorted({"keras", "pandas", "tensorflow"} & set(sys.modules)))
"""
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True
    )
    assert finished.stdout.splitlines() == ["['discai']", "[]"]
