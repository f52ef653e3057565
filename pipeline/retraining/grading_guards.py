"""Guards on a challenger's gradings, which must not get worse on the frozen set."""

from collections.abc import Iterable, Sequence
from typing import Final

from sklearn.metrics import cohen_kappa_score, roc_auc_score

from discai.gradings.grading import FINDINGS
from discai.reading import Gradings
from discai.records.gradings import GradingName, LabelledGradings
from discai.records.models import Guard

#: How much worse a grading may be: chance alone moves it by less than this.
GRADING_MARGIN: Final = 0.05
#: With fewer discs that have a finding, or lack it, better and worse can't be told apart.
LEAST_DISCS: Final = 5

GradedPair = tuple[LabelledGradings, Gradings, Gradings]
"""A disc of the frozen set: what the radiologist said, and production and challenger."""


def grading_guards(discs: Sequence[GradedPair]) -> Iterable[Guard]:
    """A guard for each grading that the frozen set can judge.

    Pfirrmann's is the quadratic kappa with the radiologist, that of a finding the AUROC.
    """
    known = [disc for disc in discs if disc[0].pfirrmann is not None]
    grades = [said.pfirrmann for said, *_ in known]
    if len(set(grades)) > 1 and len(known) >= 2 * LEAST_DISCS:
        old, new = (
            float(cohen_kappa_score(grades, read, weights="quadratic", labels=[1, 2, 3, 4, 5]))
            for read in (
                [production.pfirrmann.grade for _, production, _ in known],
                [challenger.pfirrmann.grade for _, _, challenger in known],
            )
        )
        yield _guard("kappa Pfirrmann", old, new)
    for name in FINDINGS:
        yield from _finding(name, discs)


def _finding(name: GradingName, discs: Sequence[GradedPair]) -> Iterable[Guard]:
    known = [disc for disc in discs if getattr(disc[0], name) is not None]
    truth = [getattr(said, name) for said, *_ in known]
    if min(truth.count(True), truth.count(False)) < LEAST_DISCS:
        return
    old, new = (
        float(roc_auc_score(truth, [getattr(each, name).probability for each in read]))
        for read in ([disc[1] for disc in known], [disc[2] for disc in known])
    )
    yield _guard(f"auroc {name}", old, new)


def _guard(name: str, old: float, new: float) -> Guard:
    return Guard(
        name=name,
        production=old,
        challenger=new,
        margin=GRADING_MARGIN,
        passed=old - new <= GRADING_MARGIN,
    )
