import cv2
import numpy as np
import pytest

from discai.errors import PermanentError
from discai.predictor import Predictor
from pipeline.evaluation.cases import Case
from pipeline.evaluation.changes.negatives import beside_the_spine, drawn, reformatted, turned
from pipeline.evaluation.figures.gate import GateCase, gate_results, other_planes
from tests.support.predictors import classify_by_level, manifest
from tests.support.spines import as_scan, draw_spine, see


@pytest.fixture(scope="module")
def case():
    """A spine of three slices whose discs are boxed."""
    scan = as_scan(draw_spine(), (4.0, 0.65, 0.65))
    return Case(
        "7_t2", 7, "mid-slice", "t2", "Siemens", scan, boxes={"L5-S1": (200, 380, 260, 400)}
    )


def outcome(scan):
    predictor = Predictor(manifest(), "sha256:0", see, classify_by_level, "cpu")
    try:
        return predictor.read(scan)
    except PermanentError as refusal:
        return refusal


def test_right_is_to_accept_lumbar_scans_and_to_refuse_the_others(case):
    black = as_scan(np.zeros((1, 200, 200), np.uint8), None)
    cases = [
        GateCase("spine", "spines", True, case.scan),
        GateCase("black", "nothing", False, black),
        GateCase("called a spine", "spines", True, black),
        GateCase("called nothing", "nothing", False, case.scan),
    ]
    spines, nothing = gate_results(cases, [outcome(case.scan) for case in cases])
    assert (spines.right, spines.count, spines.wrong) == (1, 2, ["called a spine"])
    assert (nothing.right, nothing.count, nothing.wrong) == (1, 2, ["called nothing"])


def test_what_was_made_of_one_picture_counts_as_one_in_the_interval():
    black = as_scan(np.zeros((1, 200, 200), np.uint8), None)
    copies = [GateCase(f"{n}", "copies", False, black, source=f"{n % 5}") for n in range(50)]
    alone = [GateCase(f"{n}", "alone", False, black) for n in range(50)]
    refused = PermanentError("not-sagittal", "")
    copied, single = gate_results([*copies, *alone], [refused] * 100)
    assert (copied.count, copied.independent) == (50, 5)
    assert (single.count, single.independent) == (50, 50)
    # Wilson's lower end for 5 of 5 and for 50 of 50.
    assert copied.share.low == pytest.approx(0.566, abs=0.001)
    assert single.share.low == pytest.approx(0.929, abs=0.001)


def test_reformatted_volumes_keep_their_millimetres(case):
    axial, coronal = reformatted([case])
    slices, rows, columns = case.scan.voxels.shape
    assert axial.scan.voxels.shape[1:] == (slices, columns)
    assert coronal.scan.voxels.shape[1:] == (rows, slices)
    for cut in (axial, coronal):
        assert cut.scan.spacing_mm
        size_mm = np.multiply(cut.scan.voxels.shape, cut.scan.spacing_mm)
        assert sorted(size_mm) == pytest.approx(sorted((slices * 4.0, 300, 300)), rel=0.03)


def test_pictures_lie_on_their_sides_without_spacing(case):
    face_up, face_down = turned([case])
    _, rows, columns = case.scan.voxels.shape
    for turn in (face_up, face_down):
        assert turn.scan.spacing_mm is None
        assert turn.scan.voxels.shape[1:] == (columns, rows)
    # The front of the body, left in the picture, comes to lie at its top.
    assert np.array_equal(face_up.scan.voxels[0, 0], case.scan.voxels[0, ::-1, 0])
    assert np.array_equal(face_down.scan.voxels[0, -1], case.scan.voxels[0, :, 0])


def test_crops_beside_the_spine_show_none_of_its_discs(case):
    before, behind = beside_the_spine([case])
    assert before.scan.voxels.shape[2] <= 200
    assert behind.scan.voxels.shape[2] <= case.scan.voxels.shape[2] - 260


def test_drawn_pictures_are_many_and_different():
    pictures = [case.scan.voxels.tobytes() for case in drawn()]
    assert len(set(pictures)) == len(pictures) >= 40


@pytest.mark.process
def test_every_picture_of_the_other_hospital_has_a_kind(tmp_path):
    (tmp_path / "other_planes").mkdir()
    for name in (
        "train_with_pain_spine_0024",
        "train_with_pain_spine_0008",
        "train_with_pain_spine_0000",
    ):
        cv2.imwrite(str(tmp_path / "other_planes" / f"{name}.png"), np.zeros((8, 8), np.uint8))
    assert [case.lumbar for case in other_planes(tmp_path)] == [True, False, False]
