"""Figures of gradings, from readings and from logits out of fold."""

import numpy as np
import pytest

from discai.gradings.grading import COLUMNS, OUTPUTS, gradings_of
from discai.records.gradings import LabelledGradings
from pipeline.evaluation.figures.gradings import (
    ALL,
    GradedDisc,
    grading_results,
    read_graded_out_of_fold,
    write_graded_out_of_fold,
)
from pipeline.training.gradings import GradedDiscs


def said_by(grade: int) -> LabelledGradings:
    return LabelledGradings(pfirrmann=grade, narrowing=grade > 3)


def logits_for(grade: int) -> np.ndarray:
    logits = np.zeros(OUTPUTS)
    logits[COLUMNS["pfirrmann"]] = [4 if grade > step else -4 for step in range(1, 5)]
    logits[COLUMNS["narrowing"]] = grade - 3.5
    return logits


def discs() -> list[GradedDisc]:
    """Of 40 patients, each grade as often; the model is one grade too high in one of them."""
    return [
        GradedDisc(
            patient,
            "L4-L5",
            said_by(1 + patient % 5),
            gradings_of(logits_for(1 + patient % 5 + (patient == 0))[None], {}),
        )
        for patient in range(40)
    ]


def test_figures_are_those_of_what_was_said_and_read():
    findings, grades = grading_results("set", discs())
    of_all = {result.grading: result for result in findings if result.group == ALL}
    assert of_all["narrowing"].auroc.value == 1
    assert of_all["narrowing"].present == 16
    assert of_all["pfirrmann"].auroc.value == 1
    assert "modic" not in of_all  # nobody said anything of it
    whole = next(result for result in grades if result.group == ALL)
    assert whole.same.value == pytest.approx(39 / 40)
    assert whole.within_one.value == 1
    assert 0.9 < whole.kappa.value < 1
    assert {result.group for result in findings} == {ALL, "L4-L5"}


def test_logits_out_of_fold_come_back_alone_or_as_the_mean_of_sequences(tmp_path):
    numbers = [1, 1, 2]
    write_graded_out_of_fold(
        tmp_path,
        GradedDiscs(
            np.array(numbers),
            np.array(["t1", "t2", "t2"]),
            np.array(["L4-L5"] * 3),
            np.full((3, OUTPUTS), np.nan, np.float32),
            np.array([logits_for(5), logits_for(1), logits_for(4)]),
        ),
    )
    truth = {patient: {"L4-L5": said_by(4)} for patient in (1, 2)}
    (one,) = read_graded_out_of_fold(tmp_path, truth, ["t1"], {})
    assert (one.patient, one.said.pfirrmann, one.read.pfirrmann.grade) == (1, 4, 5)
    assert len(read_graded_out_of_fold(tmp_path, truth, ["t2"], {})) == 2
    (both,) = read_graded_out_of_fold(tmp_path, truth, ["t1", "t2"], {})
    middle = (logits_for(5) + logits_for(1))[COLUMNS["narrowing"]] / 2
    assert both.read.narrowing.probability == pytest.approx(1 / (1 + np.exp(-middle[0])), abs=1e-3)
    assert read_graded_out_of_fold(tmp_path / "nowhere", truth, ["t1"], {}) == []
