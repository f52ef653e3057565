"""When a challenger takes production's place, and what it says if it doesn't."""

from dataclasses import replace

import numpy as np
import pytest

from discai.anatomy import LEVELS
from pipeline.metrics import estimates
from pipeline.retraining.comparison import Agreement, FrozenDisc, decide

THRESHOLDS = (0.5, 0.5)


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    """The rule is what is tested, and a tenth of the draws tells p values of 0.05 as well."""
    monkeypatch.setattr(estimates, "DRAWS", 200)


def discs(challenger_skill: float, production_skill: float = 1.0, **changes) -> list[FrozenDisc]:
    """Sixty patients with a herniated L4-L5 in every third; skill is how far it stands out."""
    random = np.random.default_rng(7)
    found = []
    for patient in range(60):
        for level in LEVELS:
            truth = level == "L4-L5" and patient % 3 == 0
            noise = random.normal(size=2)
            old, new = (
                1 / (1 + np.exp(-(skill * truth * 2 - 1.5 + each)))
                for skill, each in zip((production_skill, challenger_skill), noise, strict=True)
            )
            groups = ("Siemens" if patient % 2 else "Philips", "T2")
            found.append(
                FrozenDisc(patient, f"{patient}_t2", level, groups, truth, float(old), float(new))
            )
    return found


def decision(frozen: list[FrozenDisc], agreement: Agreement | None = None):
    return decide(
        frozen,
        agreement,
        production_version="old",
        dataset_digest="abc",
        thresholds=THRESHOLDS,
    )


def test_a_better_challenger_is_promoted_with_its_numbers():
    made = decision(discs(challenger_skill=2.5))
    assert made.promote
    assert made.reason.startswith("Better")
    assert made.comparison.difference.low > 0
    assert made.comparison.p_value < 0.05
    assert made.evaluation.metrics["auroc"].value > 0.9
    assert made.evaluation.roc[0].false_positive_rate == 0
    assert sum(part.count for part in made.evaluation.reliability) == 300


def test_a_worse_challenger_is_refused():
    made = decision(discs(challenger_skill=0.2))
    assert not made.promote
    assert made.reason.startswith("Kept production")
    assert made.comparison.p_value < 0.05


def test_the_same_model_again_is_no_reason_to_change():
    frozen = [
        FrozenDisc(d.patient, d.series, d.level, d.groups, d.truth, d.production, d.production)
        for d in discs(1.0)
    ]
    made = decision(frozen)
    assert not made.promote
    assert made.comparison.difference.value == 0
    assert made.comparison.changed_scans == 0
    assert made.comparison.p_value == 1


def test_a_challenger_that_fails_one_manufacturer_is_refused_however_good_it_is():
    frozen = discs(challenger_skill=3.0)
    blind = [
        FrozenDisc(d.patient, d.series, d.level, d.groups, d.truth, d.production, 0.1)
        if "Siemens" in d.groups and d.truth
        else d
        for d in frozen
    ]
    made = decision(blind)
    assert not made.promote
    assert "auroc Siemens" in made.reason


def test_a_challenger_that_fails_one_sequence_is_refused_however_good_it_is():
    frozen = [
        *discs(challenger_skill=3.0),
        *(
            replace(disc, groups=("Sudirman", "T1"), challenger=0.1)
            for disc in discs(challenger_skill=3.0)
            if disc.patient < 30
        ),
    ]
    made = decision(frozen)
    assert not made.promote
    assert "auroc T1" in made.reason


def test_a_challenger_that_contradicts_the_newest_reviewers_is_refused():
    better = discs(challenger_skill=2.5)
    made = decision(better, Agreement(discs=20, production=0.9, challenger=0.7))
    assert not made.promote
    assert "agreement with new corrections" in made.reason
    assert decision(better, Agreement(discs=20, production=0.9, challenger=0.88)).promote


def test_a_challenger_whose_probabilities_mislead_is_refused():
    frozen = [
        FrozenDisc(
            d.patient, d.series, d.level, d.groups, d.truth, d.production,
            float(np.clip(d.challenger * 5, 0, 1)),
        )
        for d in discs(challenger_skill=1.4)
    ]  # fmt: skip
    made = decision(frozen)
    failed = {guard.name for guard in made.comparison.guards if not guard.passed}
    assert not made.promote
    assert failed & {"brier", "calibrationError"}
