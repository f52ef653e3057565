"""A whole evaluation of drawn spines by networks that know their grey values."""

import re

import pytest

from discai.anatomy import LEVELS
from discai.manifest import write_manifest
from discai.predictor import Predictor
from pipeline.evaluation.changes.metal import METAL
from pipeline.evaluation.figures.herniation import CHANGED
from pipeline.evaluation.figures.out_of_fold import OutOfFoldPrediction, write_out_of_fold
from pipeline.evaluation.figures.robustness import CLEAN, WITHOUT_SPACING
from pipeline.evaluation.measure import PARTS, evaluate
from pipeline.evaluation.readings import Readings
from pipeline.evaluation.record import (
    ALL_SCANS,
    OTHER_HOSPITAL,
    OTHER_SCANNER,
    SEQUENCES,
    TRAINING_VOLUMES,
    VOLUMES,
    EvaluationRecord,
    out_of_fold,
)
from pipeline.evaluation.report.card import SEEN_BEFORE
from pipeline.evaluation.report.gallery import gallery_html
from pipeline.evaluation.report.page import write_documentation, write_report
from pipeline.evaluation.report.publish import publish_beside
from pipeline.evaluation.sets import Sets
from tests.support.pipeline.made_up import write_data_folder
from tests.support.predictors import classify_by_level, manifest
from tests.support.spines import see

NUMBER = re.compile(r"-?\d\.\d{3} \[[^\]]+\]")


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A folder of weights, as far as measuring looks into it."""
    folder = tmp_path_factory.mktemp("weights")
    write_manifest(folder, manifest())
    write_out_of_fold(
        folder,
        [
            OutOfFoldPrediction(
                patient, "t2", level, change, 0.9 if (patient, level) == sure else 0.2
            )
            for change, sure in ((CLEAN, (1, "L5-S1")), (WITHOUT_SPACING, (15, "L5-S1")))
            for patient in (1, 15)
            for level in LEVELS
        ],
    )
    return folder


@pytest.fixture(scope="module")
def sets(weights, tmp_path_factory):
    predictor = Predictor(manifest(), "sha256:0", see, classify_by_level, "cpu")
    readings = Readings(predictor, weights, tmp_path_factory.mktemp("readings"))
    return Sets(write_data_folder(tmp_path_factory.mktemp("data")), readings.read_all)


@pytest.fixture(scope="module")
def evaluation(sets, weights):
    """All but the gate, whose pictures take longest to read."""
    parts = [part for part in PARTS if part != "gate"]
    return evaluate(sets, manifest(), weights, "0" * 40, parts)


def test_what_is_drawn_is_outlined_found_and_named(evaluation):
    for structure in ("disc", "vertebra", "canal"):
        assert evaluation.outline(VOLUMES, structure).value > 0.9
    assert evaluation.outline(OTHER_SCANNER, "vertebra") is None
    discs = evaluation.discs_of(ALL_SCANS)
    # One volume and four mid-slices of the two held-out patients.
    assert (discs.named.value, discs.named.count, discs.named.patients) == (1.0, 25, 2)
    assert discs.dice.value > 0.9


def test_herniation_is_judged_on_held_out_discs_and_out_of_fold(evaluation):
    held_out = evaluation.herniation_of(SEQUENCES["t2"])
    assert (held_out.herniated, held_out.discs, held_out.patients) == (2, 10, 2)
    # The made-up network is surest at L5-S1 and least at L1-L2: one herniation right, one wrong.
    assert held_out.auroc.value == pytest.approx(0.5)
    assert evaluation.herniation_of(out_of_fold(SEQUENCES["t2"])).auroc.value == 1.0
    assert evaluation.herniation_of(SEQUENCES["t2"], "Siemens").discs == 5


def test_the_other_hospitals_patients_are_judged_alone(evaluation):
    name = OTHER_HOSPITAL["t2"]
    assert evaluation.discs_of(name).named.value == 1.0
    result = evaluation.herniation_of(name)
    assert (result.herniated, result.discs, result.patients) == (1, 5, 1)
    assert result.auroc.value == 1.0
    # Besides the herniated disc there is one that bulges; nobody of that set trained.
    assert evaluation.herniation_of(name, CHANGED).discs == 2
    assert evaluation.herniation_of(out_of_fold(name)) is None
    clean = evaluation.robustness_of(CLEAN, name)
    plain = evaluation.robustness_of(WITHOUT_SPACING, name)
    assert (clean.scans, plain.scans) == (1, 1)
    assert (plain.named.value, plain.auroc.value) == (1, 1)


def test_a_disc_is_judged_by_its_grade_and_against_its_level_alone(evaluation):
    name = SEQUENCES["t2"]
    for grade in range(1, 6):
        assert evaluation.herniation_of(name, f"Pfirrmann {grade}").discs == 2
    # One training patient has a herniated L5-S1: by that, a herniated L5-S1 comes before seven
    # discs and ties with one, and a herniated L1-L2 ties with seven and comes after one.
    held_out = evaluation.herniation_of(name)
    assert held_out.level_alone.value == pytest.approx((7.5 + 3.5) / 16)
    assert held_out.beyond_level.value == pytest.approx(
        held_out.auroc.value - held_out.level_alone.value
    )


def test_the_truth_of_held_out_and_training_volumes_is_told_apart_by_convention(evaluation):
    conventions = {(r.data, r.case): r for r in evaluation.conventions}
    assert conventions.keys() == {(VOLUMES, "space 11"), (TRAINING_VOLUMES, "space 1")}
    assert {r.touching for r in conventions.values()} == {1}
    # One convention: no group besides all.
    assert {result.group for result in evaluation.outlines} == {"all"}
    assert evaluation.outlines_of(VOLUMES, "disc").surface_dice.value > 0.95


def test_quantities_of_volumes_are_compared_with_those_of_their_outlines(evaluation):
    heights = evaluation.agreement_on("middle_height_mm")
    assert (heights.bias.count, heights.bias.patients) == (5, 1)
    assert heights.error.value < 0.5
    assert evaluation.height_error().count == 15


def test_a_change_that_costs_nothing_loses_nothing(evaluation):
    for change in ("as stored", "flipped left-right (slices reversed)"):
        result = evaluation.robustness_of(change)
        assert (result.refused, result.named_lost.value, result.auroc_lost.value) == (0, 0, 0)
        assert result.probability_moved.value == 0


def test_what_missing_spacing_costs_is_told_of_unseen_training_patients_too(evaluation):
    # With spacing the one herniated disc of patient 1 comes first; without, it ties with eight.
    lost = evaluation.auroc_lost_out_of_fold
    assert (lost.value, lost.count) == (pytest.approx(1 - 4 / 9), 10)


def test_levels_are_shifted_where_l5_s1_is_cut_off_and_not_in_silence(evaluation):
    by_change = {result.change: result for result in evaluation.cuts}
    below, through_l5 = by_change["cut off close below L5-S1"], by_change["cut through L5"]
    assert (below.scans, below.refused) == (through_l5.scans, through_l5.refused) == (4, 0)
    assert (below.warned.value, below.shifted.value) == (1.0, 0.0)
    assert (through_l5.warned.value, through_l5.shifted.value) == (1.0, 1.0)
    assert through_l5.silent.value == 0.0
    # Three discs of which the lowest isn't L5-S1 may be thoracic.
    assert by_change["cut through L4"].refused == 4
    assert by_change["cut through L4"].silent is None


def test_metal_hides_discs_and_a_warning_says_so(evaluation):
    by_change = {result.change: result for result in evaluation.cuts}
    bodies, with_discs, _ = (by_change[metal.words] for metal in METAL)
    assert (bodies.scans, bodies.refused, bodies.warned.value) == (4, 0, 1.0)
    assert (with_discs.scans, with_discs.refused) == (4, 4)


def test_what_went_wrong_is_said(evaluation):
    said = {(failure.case, failure.words.split(" is ")[0]) for failure in evaluation.failures}
    assert ("12_t2", "L5-S1") in said  # the made-up network calls every L5-S1 herniated
    assert ("11_t2", "L5-S1") not in said


def test_card_report_and_documentation_show_the_numbers_of_the_record(
    evaluation, sets, weights, tmp_path
):
    publish_beside(weights, evaluation)
    write_documentation(tmp_path, evaluation)
    page = write_report(tmp_path, evaluation, gallery_html(sets.held_out, evaluation.failures))
    card = (weights / "MODEL_CARD.md").read_text(encoding="utf-8")
    report, documentation = (
        page.read_text(encoding="utf-8"),
        (tmp_path / "README.md").read_text(encoding="utf-8"),
    )
    # What earlier versions were worth is told, and stands in no record.
    told_before = SEEN_BEFORE.read_text(encoding="utf-8").strip()
    assert told_before in card
    numbers = set(NUMBER.findall(card.replace(told_before, "")))
    assert str(evaluation.outline(VOLUMES, "disc")) in numbers
    assert str(evaluation.herniation_of(SEQUENCES["t1"]).brier_score) in numbers
    assert numbers <= set(NUMBER.findall(report))
    assert numbers <= set(NUMBER.findall(documentation))
    # The card is written from what lies beside it, too.
    assert EvaluationRecord.load(weights) == evaluation


def test_the_report_needs_nothing_else_and_the_documentation_shows_nobody(
    evaluation, sets, tmp_path
):
    page = write_report(tmp_path, evaluation, gallery_html(sets.held_out, evaluation.failures))
    report = page.read_text(encoding="utf-8")
    assert "data:image/jpeg;base64," in report
    assert not re.search(r'(?:src|href)="(?!data:|#)', report)
    assert "<script" not in report
    write_documentation(tmp_path / "docs", evaluation)
    for path in (tmp_path / "docs").iterdir():
        assert "<image" not in path.read_text(encoding="utf-8")


def test_weights_that_were_not_measured_get_no_card(evaluation, tmp_path):
    write_manifest(tmp_path, manifest(files={"segmentation.keras": "0" * 64}))
    with pytest.raises(ValueError, match="other weights"):
        publish_beside(tmp_path, evaluation)
