"""What joining T1 and T2 is worth, on made-up discs."""

import numpy as np
import pytest

from discai.anatomy import LEVELS
from discai.predictor import built_in_model
from pipeline.evaluation.figures.studies import (
    CHOSEN_ANEW,
    IN_USE,
    StudyRuleResult,
    disagreement_result,
    study_results,
)
from pipeline.evaluation.record import EvaluationRecord
from pipeline.evaluation.report.tables import cell, study_table
from pipeline.metrics.estimates import DiscCase
from tests.support.pipeline.evaluations import evaluation


def discs(patients: int, noises: tuple[float, ...]) -> tuple[list[DiscCase], list[DiscCase]]:
    """Discs read twice, each with noise of its own; every fifth is herniated."""
    random = np.random.default_rng(3)
    found: tuple[list[DiscCase], list[DiscCase]] = ([], [])
    for patient in range(patients):
        for number, level in enumerate(LEVELS):
            truth = (patient + number) % 5 == 0
            for noise, read in zip(noises, found, strict=True):
                logit = (2 if truth else -2) + random.normal(0, noise)
                read.append(DiscCase(patient, level, truth, float(1 / (1 + np.exp(-logit)))))
    return found


def measured(*noises: float) -> dict[str, StudyRuleResult]:
    t1, t2 = discs(20, noises)
    return {result.rule: result for result in study_results(t1, t2, repeats=1)}


def test_the_mean_gains_where_both_series_know_as_much_and_err_apart():
    results = measured(2.0, 2.0)
    mean = results[IN_USE]
    assert (mean.discs, mean.patients, mean.herniated) == (100, 20, 20)
    for alone in (results["T1 alone"], results["T2 alone"]):
        assert alone.change["auroc"].value < 0
        assert alone.change["log_loss"].value > 0
        assert results[CHOSEN_ANEW].auroc.value > alone.auroc.value
    assert mean.change["auroc"].value == 0


def test_a_rule_that_learns_leaves_out_a_series_that_knows_nothing():
    results = measured(30.0, 1.0)
    assert results["weighted mean, learned"].change["log_loss"].high < 0
    assert results["weighted mean, learned"].auroc.value > 0.9 > results[IN_USE].auroc.value


def test_only_discs_that_were_read_in_both_count_and_a_few_patients_say_nothing():
    t1, t2 = discs(20, (1.0, 1.0))
    assert study_results(t1[5:], t2[:-5], repeats=1)[0].patients == 18
    assert study_results(t1[:20], t2[:20], repeats=1) == []


def test_wrong_answers_are_counted_apart_where_series_agree_and_where_not():
    def read(*probabilities: float) -> list[DiscCase]:
        return [DiscCase(1, level, True, p) for level, p in zip(LEVELS, probabilities, strict=True)]

    result = disagreement_result(read(0.9, 0.9, 0.1, 0.3, 0.9), read(0.9, 0.8, 0.2, 0.6, 0.2), 0.5)
    assert result.agree
    assert result.agree.value == pytest.approx(1 / 3)
    assert result.differ
    assert (result.agree.count, result.differ.value, result.differ.count) == (3, 0.5, 2)
    assert disagreement_result([], [], 0.5).agree is None


def test_the_table_begins_with_the_lowest_log_loss_and_says_who_was_asked():
    disagreement = disagreement_result(*discs(20, (2.0, 2.0)), 0.5)
    rules = list(measured(2.0, 2.0).values())
    table = study_table(
        evaluation().model_copy(update={"study_rules": rules, "disagreement": disagreement})
    )
    losses = [float(row[1].split()[0]) for row in table.rows]
    assert losses == sorted(losses)
    assert "Over 100 discs, 20 herniated, of 20 training patients" in table.note
    assert f"wrong in {cell(disagreement.agree)} of" in table.note
    assert study_table(evaluation()).rows == []


def test_no_rule_was_measured_that_is_surely_better_than_the_one_in_use():
    published = EvaluationRecord.load(built_in_model())
    assert IN_USE in {result.rule for result in published.study_rules}
    for result in published.study_rules:
        assert result.change["log_loss"].high >= 0
        assert result.change["auroc"].low <= 0
