"""The record as tables of text: report, card and documentation show the same ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from pipeline.evaluation.figures.herniation import ALL, CHANGED, HerniationResult
from pipeline.evaluation.figures.studies import FOLDS, REPEATS
from pipeline.evaluation.record import EvaluationRecord
from pipeline.evaluation.report.targets import FEWEST_SURE, TARGETS
from pipeline.metrics.estimates import Estimate

NOTHING = "-"
VERDICTS = {"stretch": "★ stretch", "reached": "✓ reached", "missed": "✗ missed"}


@dataclass(frozen=True)
class Table:
    """A table with what has to be known to read it.

    Attributes:
        note: a sentence or two below it; may be empty.
    """

    title: str
    header: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    note: str = ""

    def markdown(self) -> str:
        """As GitHub shows it, without the title."""
        lines = [self.header, ("---",) * len(self.header), *self.rows]
        text = "\n".join(f"| {' | '.join(cell or ' ' for cell in line)} |" for line in lines)
        return f"{text}\n\n{self.note}" if self.note else text

    def html(self) -> str:
        """As a `<table>` and its note; a row's verdict is its class."""
        head = "".join(f"<th>{escape(cell)}</th>" for cell in self.header)
        body = "".join(
            f'<tr class="{_class_of(row)}">'
            + "".join(f"<td>{escape(cell)}</td>" for cell in row)
            + "</tr>"
            for row in self.rows
        )
        note = f"<p>{escape(self.note)}</p>" if self.note else ""
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        return f'<div class="scroll">{table}</div>{note}'


def target_table(evaluation: EvaluationRecord) -> Table:
    """Every number that was asked for, beside what was measured."""
    rows = []
    for target in TARGETS:
        verdict = target.verdict(evaluation)
        if verdict != "not measured":
            sign = "≤" if target.lower_is_better else "≥"
            rows.append(
                (
                    target.words,
                    f"{sign} {target.reach:g}",
                    NOTHING if target.stretch is None else f"{sign} {target.stretch:g}",
                    cell(target.measured(evaluation), counted=True),
                    VERDICTS[verdict] + (", surely" if target.is_sure(evaluation) else ""),
                )
            )
    return Table(
        "Asked for and reached",
        ("what", "reach", "stretch", "measured [95 % interval]", "verdict"),
        rows,
        "The verdict is about the value; “surely” says that the worse end of its interval, over "
        f"{FEWEST_SURE} patients or more, reaches the number too. An interval from 1 to 1 means "
        "that no error was seen: over n patients as many as 3 in n may still fail.",
    )


def disc_table(evaluation: EvaluationRecord, groups: bool = False) -> Table:
    """Discs found, named and outlined, by set; or the groups within the sets."""
    return Table(
        "Discs by level and manufacturer" if groups else "Discs and their levels",
        ("set", *(("group",) if groups else ()), "discs", "found", "level right", "Dice per disc"),
        [
            (
                result.data,
                *((result.group,) if groups else ()),
                counts(result.found),
                cell(result.found),
                cell(result.named),
                cell(result.dice),
            )
            for result in evaluation.discs
            if (result.group == "all") != groups
        ],
        ""
        if groups
        else "A disc of a volume is found where at least 30 % of its true voxels were called disc, "
        "and its level is right where they carry its name; a disc of a mid-slice where its middle "
        "lies in the true box. Only outlines and trusted boxes count, so T1 and T2-SPACE "
        "mid-slices have few discs.",
    )


def complete_table(evaluation: EvaluationRecord) -> Table:
    """Scans in which all five lumbar discs were read."""
    return Table(
        "All five lumbar discs",
        ("set", "scans", "all five read"),
        [(r.data, counts(r.complete), cell(r.complete)) for r in evaluation.complete],
    )


def cut_table(evaluation: EvaluationRecord) -> Table:
    """Levels where a part of the lumbar spine lies outside of the picture, or behind metal."""
    return Table(
        "Levels of mid-slices that were cut off or hidden",
        ("mid-slices", "refused", "warned of levels", "levels shifted", "shifted without a word"),
        [
            (
                result.change,
                f"{result.refused} of {result.scans}",
                cell(result.warned, counted=True),
                cell(result.shifted),
                cell(result.silent),
            )
            for result in evaluation.cuts
        ],
        "Discs are counted from the lowest that is seen: levels must be wrong where L5-S1 is cut "
        "off, and a warning has to say so. The truth is what was read in the whole picture.",
    )


def herniation_table(evaluation: EvaluationRecord, groups: bool = False) -> Table:
    """Table of the probabilities' figures, by set or by the groups within the sets.

    The sets come with those of their discs that are herniated or bulging: the hard question.
    """
    return Table(
        "Herniation by level, manufacturer and grade" if groups else "Herniation",
        (
            "set",
            *(("group",) if groups else ()),
            "herniated of discs (patients)",
            "AUROC",
            *(() if groups else ("AUROC of the level alone", "AUROC beyond the level")),
            "average precision",
            "sensitivity at 0.8 specificity",
            "Brier score",
            "calibration error",
        ),
        [
            (
                *((result.data, result.group) if groups else (_named_set(result),)),
                f"{result.herniated} of {result.discs} ({result.patients})",
                *(
                    cell(estimate if result.is_telling else None)
                    for estimate in (
                        result.auroc,
                        *(() if groups else (result.level_alone, result.beyond_level)),
                        result.average_precision,
                        result.sensitivity,
                    )
                ),
                cell(result.brier_score),
                cell(result.calibration_error),
            )
            for result in evaluation.herniation
            if (result.group in (ALL, CHANGED)) != groups
        ],
        "With fewer than five herniated discs there is no AUROC: its interval would say nothing. "
        "Pfirrmann grades are the radiologists'; the second hospital's are of the three lowest "
        "discs. The data tells neither age nor sex, so there are no groups by them."
        if groups
        else "The held-out patients have few herniated discs: their intervals are wide, and the "
        "rows out of fold (training patients, each read by networks that had not seen them) say "
        "more. Intervals of the calibration error lie high, because redrawing adds to it. "
        "“The level alone”: every disc gets the share of herniated discs at its level among the "
        "training patients of its hospital. Out of fold these are the same patients, which "
        "flatters the level a little; “beyond” is the difference, paired.",
    )


def study_table(evaluation: EvaluationRecord) -> Table:
    """Table of the rules that make one answer of T1 and T2 of a study."""
    rules = sorted(evaluation.study_rules, key=lambda result: result.log_loss.value)
    note = ""
    if rules:
        first = rules[0]
        note = (
            f"Over {first.discs} discs, {first.herniated} herniated, of {first.patients} training "
            "patients with T1 and T2, each read by networks that had not seen the patient; what "
            f"learns learned from others ({FOLDS} folds, {REPEATS} divisions averaged). Sorted by "
            "log loss. Changes are paired; an interval that holds zero says that nothing would be "
            "gained or lost for sure."
        )
    if (wrong := evaluation.disagreement) and wrong.agree and wrong.differ:
        note += (
            f" Where T1 and T2 give the same answer, the joined one is wrong in {wrong.agree} of "
            f"{wrong.agree.count} discs; where they differ, in {wrong.differ} of "
            f"{wrong.differ.count}."
        )
    return Table(
        "One answer from T1 and T2 of a study",
        (
            "T1 and T2, out of fold",
            "log loss",
            "AUROC",
            "average precision",
            "calibration error",
            "AUROC, change from the rule in use",
            "average precision, change",
            "log loss, change",
        ),
        [
            (
                result.rule,
                cell(result.log_loss),
                cell(result.auroc),
                cell(result.average_precision),
                cell(result.calibration_error),
                *(cell(result.change[it]) for it in ("auroc", "average_precision", "log_loss")),
            )
            for result in rules
        ],
        note,
    )


def gate_table(evaluation: EvaluationRecord) -> Table:
    """Table of the scans refused and accepted, by kind."""
    return Table(
        "Refused and accepted",
        ("what", "should be", "right", "share"),
        [
            (
                result.kind + (" (trained on)" if result.trained_on else ""),
                "accepted" if result.lumbar else "refused",
                f"{result.right} of {result.count}",
                cell(result.share),
            )
            for result in evaluation.gate
        ],
        "Brackets: Wilson's 95 % interval; what was made of one volume or picture counts as one "
        "case in it. Scans of patients that the model was trained on count for no target.",
    )


def robustness_table(evaluation: EvaluationRecord) -> Table:
    """Table of the losses by each change of the held-out scans."""
    return Table(
        "Robustness",
        (
            "scans",
            "change",
            "refused",
            "discs found",
            "level right",
            "disc Dice, volumes",
            "AUROC, T2",
            "AUROC lost",
            "probability moved",
        ),
        [
            (
                result.data,
                result.change,
                f"{result.refused} of {result.scans}",
                cell(result.found),
                cell(result.named),
                cell(result.dice),
                cell(result.auroc),
                cell(result.auroc_lost),
                f"{result.probability_moved.value:.3f}" if result.probability_moved else NOTHING,
            )
            for result in evaluation.robustness
        ],
        "AUROC and its loss are over the T2 discs that were read both ways; patients are redrawn "
        "in pairs. “Probability moved” is the mean distance over the discs of all scans.",
    )


def _named_set(result: HerniationResult) -> str:
    return result.data if result.group == ALL else f"{result.data}, {result.group} only"


def cell(estimate: Estimate | None, *, counted: bool = False) -> str:
    """A value with its interval, and on how many cases it stands."""
    if estimate is None:
        return NOTHING
    return f"{estimate}, n = {estimate.count}" if counted else str(estimate)


def counts(estimate: Estimate) -> str:
    """Number of cases and of their patients."""
    return f"{estimate.count} ({estimate.patients} patients)"


def _class_of(row: Sequence[str]) -> str:
    return next((verdict for verdict, mark in VERDICTS.items() if row[-1].startswith(mark)), "")
