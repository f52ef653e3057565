from pipeline.data.conventions import GAP
from pipeline.evaluation.changes.cuts import CutResult
from pipeline.evaluation.figures.herniation import CHANGED
from pipeline.evaluation.figures.segmentation import ALL, ConventionResult
from pipeline.evaluation.record import OTHER_HOSPITAL, SEQUENCES, VOLUMES, EvaluationRecord
from pipeline.evaluation.report.card import model_card
from pipeline.evaluation.report.tables import target_table
from pipeline.metrics.estimates import Estimate
from tests.support.pipeline.evaluations import evaluation, herniation, outline
from tests.support.predictors import manifest


def test_the_card_says_what_was_measured_and_what_it_is_not():
    card = model_card(manifest(), evaluation())
    assert "Research use only. Not a medical device." in card
    assert "Sci Data 11" in card
    outlines = (
        "| T2-SPACE volumes | disc | 0.871 [0.771, 0.921], n = 45 | 0.912 [0.812, 0.962] | 0.7 |"
    )
    assert outlines in card
    assert (
        "| T2 mid-slices | 5 of 45 (9) | 0.812 [0.712, 0.862] | 0.700 [0.600, 0.750] "
        "| 0.112 [0.012, 0.162] |" in card
    )
    assert "| axial pictures | refused | 10 of 11 |" in card
    assert "`12_t2`: L5-S1 was not found." in card


def test_what_was_not_measured_is_not_in_the_card():
    card = model_card(manifest(), evaluation(herniation=[], gate=[]))
    assert "herniated of discs" not in card
    assert "refused |" not in card
    assert "0.871" in card


def test_each_target_is_judged_by_its_value():
    rows = {row[0]: row[-1] for row in target_table(evaluation()).rows}
    assert rows["disc Dice, T2-SPACE volumes"] == "✗ missed"
    assert rows["herniation AUROC, T2 mid-slices, held-out patients"] == "✗ missed"
    assert rows["herniation AUROC, T2 mid-slices, out of fold"] == "★ stretch"
    assert rows["average precision, T2 mid-slices, out of fold"] == "✓ reached"
    assert rows["sagittal lumbar MRI is accepted"] == "★ stretch"
    assert rows["what is no sagittal lumbar MRI is refused"] == "✗ missed"


def test_outlines_by_convention_and_the_other_hospital_are_judged_against_their_targets():
    measured = evaluation(
        outlines=[outline(ALL, 0.88, distance_mm=0.6), outline(GAP, 0.92, distance_mm=0.4)],
        herniation=[
            herniation(OTHER_HOSPITAL["t2"], 0.945),
            herniation(OTHER_HOSPITAL["t2"], 0.79).model_copy(update={"group": CHANGED}),
        ],
    )
    rows = {row[0]: row[-1] for row in target_table(measured).rows}
    assert rows["disc Dice, T2-SPACE volumes"] == "✗ missed"
    assert rows["disc Dice, T2-SPACE volumes outlined with a gap to the bone"] == "✓ reached"
    assert rows["disc surface Dice at 1 mm, T2-SPACE volumes"] == "✗ missed"
    assert rows["disc surface distance in mm, T2-SPACE volumes"] == "✓ reached, surely"
    data = "T2 mid-slices of another hospital, held-out patients"
    assert rows[f"herniation AUROC, {data}"] == "✓ reached"
    assert rows[f"herniated against bulging, AUROC, {data}"] == "✗ missed"


def test_the_card_says_by_which_convention_the_truth_was_outlined():
    card = model_card(
        manifest(),
        evaluation(
            outlines=[outline(GAP, 0.92, distance_mm=0.4)],
            conventions=[
                ConventionResult(
                    data=VOLUMES, case=f"space {n}", convention=GAP, touching=share, gap_mm=gap_mm
                )
                for n, share, gap_mm in ((11, 0.05, 0.94), (61, 0.055, 1.41))
            ],
        ),
    )
    assert f"| T2-SPACE volumes | {GAP} | 2: 11, 61 | 5.0% to 5.5% | 0.94 to 1.41 |" in card
    assert f"| T2-SPACE volumes | {GAP} | disc | 0.920 [0.820, 0.970], n = 45 | 0.870 " in card
    assert "let the two touch" in card


def test_a_silent_wrong_level_is_counted_over_all_changes():
    def cut(silent: float, count: int) -> CutResult:
        share = Estimate(silent, silent, silent, count, count)
        return CutResult(
            change="cut", scans=count, refused=0, warned=share, shifted=share, silent=share
        )

    refused = cut(0, 5).model_copy(update={"silent": None})
    silent = evaluation(cuts=[cut(0.25, 4), cut(0, 6), refused]).silently_shifted()
    assert (silent.value, silent.count) == (0.1, 10)
    assert evaluation(cuts=[refused]).silently_shifted() is None


def test_a_few_patients_make_no_target_sure():
    def verdict(patients: int) -> str:
        auroc = Estimate(0.95, 0.92, 0.97, 45, patients)
        result = herniation(SEQUENCES["t2"], 0.95).model_copy(update={"auroc": auroc})
        rows = {row[0]: row[-1] for row in target_table(evaluation(herniation=[result])).rows}
        return rows["herniation AUROC, T2 mid-slices, held-out patients"]

    assert verdict(patients=9) == "★ stretch, surely"
    assert verdict(patients=2) == "★ stretch"


def test_the_record_comes_back_from_its_file_as_it_was(tmp_path):
    measured = evaluation()
    measured.save(tmp_path)
    assert EvaluationRecord.load(tmp_path) == measured
