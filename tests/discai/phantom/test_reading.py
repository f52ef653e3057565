"""The ordinary model reads the drawing, whatever its seed, contrast, orientation and format."""

from pathlib import Path

import pytest

from discai.anatomy import LEVELS
from discai.phantom import PhantomOptions, draw_phantom, write_phantom
from discai.predictor import Predictor
from discai.scan import read_scan

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor.bootstrap()


@pytest.mark.parametrize(
    ("options", "suffix"),
    [
        (PhantomOptions(slices=7, seed=0), ".mha"),
        (PhantomOptions(slices=7, seed=1, orientation="LPS", contrast="t1"), ".nii.gz"),
        (PhantomOptions(slices=7, seed=2, orientation="SRP", herniated="L5-S1"), ".mha"),
        (PhantomOptions(slices=7, seed=3, orientation="ASL", spacing_mm=(4.4, 0.8, 0.7)), ".zip"),
        (PhantomOptions(slices=7, seed=4, herniated="L3-L4"), ".png.zip"),
    ],
    ids=["mha", "T1, axial order", "L5-S1", "dicom series", "pictures"],
)
def test_all_levels_are_named_and_the_herniation_stands_out(
    tmp_path: Path, predictor: Predictor, options: PhantomOptions, suffix: str
) -> None:
    phantom = draw_phantom(options)
    path = tmp_path / f"phantom{suffix}"
    write_phantom(phantom, path)
    scan = read_scan(path)

    reading = predictor.read(scan)

    assert tuple(disc.level for disc in reading.discs) == LEVELS
    for disc in reading.discs:
        x0, y0, x1, y1 = phantom.boxes[disc.level]
        read = disc.boxes[min(disc.boxes, key=lambda index: abs(index - phantom.middle_slice))]
        assert x0 < (read[0] + read[2]) / 2 < x1
        assert y0 < (read[1] + read[3]) / 2 < y1
    likeliest = max(reading.discs, key=lambda disc: disc.herniation)
    assert likeliest.level == options.herniated


def test_the_whole_default_drawing_gives_no_warning(predictor: Predictor) -> None:
    assert predictor.read(draw_phantom().scan).warnings == ()


def test_without_its_herniation_the_drawing_has_another_number_and_another_sentence(
    predictor: Predictor,
) -> None:
    herniated, healthy = (
        next(
            disc
            for disc in predictor.read(
                draw_phantom(PhantomOptions(slices=7, herniated=level)).scan
            ).discs
            if disc.level == "L4-L5"
        )
        for level in ("L4-L5", None)
    )
    assert healthy.herniation < 0.1 < 0.5 < herniated.herniation
    assert herniated.reason
    assert healthy.reason
    causes = {each.name: each.without for each in herniated.reason.causes}
    assert causes["protrusion"] < herniated.herniation / 2
    assert "Without the tissue behind the back walls" in herniated.reason.text
    assert healthy.reason.causes == []
    assert "mm behind the back walls" not in healthy.reason.text
