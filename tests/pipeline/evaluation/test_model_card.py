from pipeline.evaluation.model_card import model_card
from pipeline.evaluation.record import SEQUENCES, EvaluationRecord
from pipeline.evaluation.tables import target_table
from pipeline.metrics.estimates import Estimate
from tests.support.pipeline.evaluations import evaluation, herniation
from tests.support.predictors import manifest


def test_the_card_says_what_was_measured_and_what_it_is_not():
    card = model_card(manifest(), evaluation())
    assert "Research use only. Not a medical device." in card
    assert "Sci Data 11" in card
    outlines = (
        "| T2-SPACE volumes | disc | 0.871 [0.771, 0.921], n = 45 | 0.912 [0.812, 0.962] | 0.7 |"
    )
    assert outlines in card
    assert "| T2 mid-slices | 5 of 45 (9) | 0.812 [0.712, 0.862] |" in card
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
