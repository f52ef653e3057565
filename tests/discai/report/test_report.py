import pytest

from discai.anatomy import LEVELS
from discai.reading import (
    GradedFinding,
    Gradings,
    LateralCurve,
    PfirrmannGrading,
    WholeDiscQuantities,
)
from discai.records.gradings import LabelledGradings
from discai.records.scans import Box, Disc
from discai.report import write_report
from discai.report.report import WORDS_FILE
from tests.support.records import prediction_of

THRESHOLD = 0.4
GRADINGS = Gradings(
    pfirrmann=PfirrmannGrading(grade=4, probabilities=[0, 0, 0.3, 0.6, 0.1]),
    narrowing=GradedFinding(probability=0.8, present=True),
    bulging=GradedFinding(probability=0.3, present=False),
    spondylolisthesis=GradedFinding(probability=0.01, present=False),
    modic=GradedFinding(probability=0.5, present=True),
)
MEASURED = WholeDiscQuantities(
    anterior_height_mm=9.04,
    middle_height_mm=10.1,
    posterior_height_mm=6.36,
    bulge_mm=5.12,
    bulge_side="left",
    narrowest_canal_mm=7.77,
    slip_mm=4.2,
    slip_percent=12.4,
    meyerding_grade=1,
)


def disc(level, herniation, quantities=None, gradings=None):
    box = Box(x=1, y=2, width=3, height=4)
    return Disc(
        level=level,
        herniation=herniation,
        slice=1,
        box=box,
        boxes={"1": box},
        confidence=0.9,
        quantities=quantities,
        gradings=gradings,
    )


def read(*discs, **changes):
    return prediction_of("2026-01-01a").model_copy(update={"discs": list(discs), **changes})


def line(report, level):
    return next(line for line in report.findings if line.level == level)


def report_on(*discs, judged=None, graded=None, **changes):
    return write_report(read(*discs, **changes), THRESHOLD, judged or {}, graded or {})


def test_there_is_a_line_for_each_level_from_the_head_down():
    report = report_on(disc("L5-S1", 0.9), disc("L1-L2", 0.01))
    assert [line.level for line in report.findings] == list(LEVELS)
    assert line(report, "L3-L4").text == "[not confirmed] L3-L4: not found by the model."
    assert report.text.count("\n") == 5


@pytest.mark.parametrize(
    ("herniation", "words"),
    [
        (0.95, "disc herniation, by the model (95 %)."),
        (0.45, "perhaps disc herniation, by the model (45 %)."),
        (0.35, "perhaps no disc herniation, by the model (35 %)."),
        (0.02, "no disc herniation, by the model (2 %)."),
    ],
)
def test_the_models_word_is_marked_as_such_with_its_probability(herniation, words):
    said = line(report_on(disc("L4-L5", herniation)), "L4-L5")
    assert said.text == f"[not confirmed] L4-L5: {words}"
    assert said.by == "model"


@pytest.mark.parametrize(
    ("answer", "words"), [(True, "disc herniation."), (False, "no disc herniation.")]
)
@pytest.mark.parametrize("herniation", [0.02, 0.95])
def test_what_a_reviewer_has_judged_is_said_in_their_words_and_no_longer_marked(
    answer, words, herniation
):
    report = report_on(disc("L4-L5", herniation), judged={"L4-L5": answer})
    assert line(report, "L4-L5").text == f"L4-L5: {words}"
    assert line(report, "L4-L5").by == "reviewer"


def test_a_reviewer_may_know_a_disc_that_the_model_did_not_find():
    assert line(report_on(judged={"L5-S1": True}), "L5-S1").text == "L5-S1: disc herniation."


def test_what_was_measured_stands_behind_the_answer():
    report = report_on(disc("L4-L5", 0.9, MEASURED), judged={"L4-L5": True})
    assert line(report, "L4-L5").text == (
        "L4-L5: disc herniation. "
        "The disc reaches 5.1 mm behind the line of the back walls, on the left. "
        "The canal is 7.8 mm deep at its narrowest. "
        "Its height is 9.0 mm in front, 10.1 mm in the middle and 6.4 mm at the back. "
        "L4 has slipped 4.2 mm forward on L5 (Meyerding 1)."
    )


def test_what_was_not_measured_and_what_is_usual_is_not_said():
    flat = WholeDiscQuantities(bulge_mm=0.9, narrowest_canal_mm=12, meyerding_grade=0)
    assert line(report_on(disc("L4-L5", 0.9, flat)), "L4-L5").text.endswith("(90 %).")
    sided = MEASURED.model_copy(update={"bulge_side": None})
    assert "back walls. The canal" in line(report_on(disc("L4-L5", 0.9, sided)), "L4-L5").text


def test_without_spacing_no_length_is_said():
    ratios = WholeDiscQuantities(height_index=0.3, slip_percent=12.4, meyerding_grade=1)
    text = line(report_on(disc("L4-L5", 0.9, ratios)), "L4-L5").text
    assert "mm" not in text
    assert text.endswith("L4 has slipped forward on L5 by 12 % of its depth (Meyerding 1).")


def texts(report, level):
    return [line.text for line in report.findings if line.level == level]


def test_the_models_gradings_follow_its_answer_as_far_as_a_disc_has_them():
    said = texts(report_on(disc("L4-L5", 0.9, gradings=GRADINGS)), "L4-L5")
    assert said == [
        "[not confirmed] L4-L5: disc herniation, by the model (90 %). "
        "Pfirrmann grade 4, narrowed; Modic changes, by the model."
    ]


def test_reviewers_gradings_are_said_in_full_and_the_models_others_are_marked():
    own = LabelledGradings(pfirrmann=3, narrowing=False, spondylolisthesis=True)
    report = report_on(
        disc("L4-L5", 0.9, gradings=GRADINGS), judged={"L4-L5": True}, graded={"L4-L5": own}
    )
    assert texts(report, "L4-L5") == [
        "L4-L5: disc herniation. Pfirrmann grade 3, not narrowed, spondylolisthesis.",
        "[not confirmed] L4-L5: Modic changes, by the model.",
    ]
    assert [line.by for line in report.findings if line.level == "L4-L5"] == ["reviewer", "model"]


def test_gradings_of_a_disc_that_nobody_judged_stand_apart_from_the_models_answer():
    report = report_on(
        disc("L4-L5", 0.9, gradings=GRADINGS),
        graded={"L4-L5": LabelledGradings(modic=False), "L5-S1": LabelledGradings(modic=True)},
    )
    assert texts(report, "L4-L5") == [
        "[not confirmed] L4-L5: disc herniation, by the model (90 %). "
        "Pfirrmann grade 4, narrowed, by the model.",
        "L4-L5: no Modic changes.",
    ]
    assert texts(report, "L5-S1") == [
        "[not confirmed] L5-S1: not found by the model.",
        "L5-S1: Modic changes.",
    ]


def test_the_spine_comes_after_its_discs_and_warnings_at_the_end():
    curve = LateralCurve(
        offset_mm=9, arc_deg=14.4, level="L2-L3", side="left", suggests_scoliosis=True
    )
    report = report_on(lordosis_deg=41.4, lateral_curve=curve, warnings=["Tilted."])
    lordosis, scoliosis = report.findings[5:]
    assert lordosis.text == "Lordosis from L1 to L5: 41 degrees."
    assert scoliosis.text.startswith("The spine curves to the left at L2-L3: about 14 degrees.")
    assert report.remarks[0] == "Warning of the model: Tilted."
    assert report.text.splitlines()[-1].endswith("by DiscAI 2026-01-01a.")
    straight = curve.model_copy(update={"suggests_scoliosis": False})
    assert len(report_on(lateral_curve=straight).findings) == 5


def test_another_language_is_another_file(tmp_path):
    words = WORDS_FILE.read_text(encoding="utf-8").replace("disc herniation", "Bandscheibenvorfall")
    other = tmp_path / "report.de.toml"
    other.write_text(words, encoding="utf-8")
    report = write_report(read(disc("L4-L5", 0.9)), THRESHOLD, {"L4-L5": True}, {}, other)
    assert line(report, "L4-L5").text == "L4-L5: Bandscheibenvorfall."
