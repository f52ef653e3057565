"""The gradings' figures as tables."""

from typing import Final

from pipeline.evaluation.figures.gradings import ALL, DEGENERATED
from pipeline.evaluation.record import EvaluationRecord
from pipeline.evaluation.report.tables import Table, cell

_WORDS: Final = {
    "pfirrmann": f"Pfirrmann {DEGENERATED} or 5",
    "narrowing": "narrowing",
    "bulging": "bulging",
    "spondylolisthesis": "spondylolisthesis",
    "modic": "Modic changes",
}


def pfirrmann_table(evaluation: EvaluationRecord, groups: bool = False) -> Table:
    """Agreement on Pfirrmann grades, by set or by level within the sets."""
    return Table(
        "Pfirrmann grades",
        ("set", *(("level",) if groups else ()), "discs (patients)", "kappa", "same", "within one"),
        [
            (
                result.data,
                *((result.group,) if groups else ()),
                f"{result.kappa.count} ({result.kappa.patients})",
                cell(result.kappa),
                cell(result.same),
                cell(result.within_one),
            )
            for result in evaluation.pfirrmann
            if (result.group == ALL) != groups
        ],
        ""
        if groups
        else "Quadratic kappa, and shares of discs, against one radiologist in SPIDER, and against "
        "the grades of the second hospital's three lowest discs, which two readers gave.",
    )


def finding_table(evaluation: EvaluationRecord, groups: bool = False) -> Table:
    """Findings that a disc has or not, by set or by level within the sets."""
    return Table(
        "Gradings",
        (
            "set",
            *(("level",) if groups else ()),
            "grading",
            "present in discs (patients)",
            "AUROC",
            "average precision",
            "calibration error",
        ),
        [
            (
                result.data,
                *((result.group,) if groups else ()),
                _WORDS[result.grading],
                f"{result.present} of {result.discs} ({result.patients})",
                cell(result.auroc),
                cell(result.average_precision),
                cell(result.calibration_error),
            )
            for result in evaluation.gradings
            if (result.group == ALL) != groups
        ],
        ""
        if groups
        else "Out of fold: training patients, each read by networks that had not seen them; “T1 "
        "and T2” is the mean of both sequences' logits. The second hospital's bulges are those "
        "that reports name (one disc in five; SPIDER's radiologist saw three in five) and trained "
        "nothing: only their order can be right, so their calibration error says how far the two "
        "habits lie apart.",
    )
