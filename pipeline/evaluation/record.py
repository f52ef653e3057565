"""`EvaluationRecord`: every number that was measured of one model version, in one record.

Report, model card and the manifest's metrics are all made from it, so they can't disagree.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from pipeline.evaluation.changes.cuts import CutResult
from pipeline.evaluation.figures.agreement import HEIGHTS, Agreement, height_error
from pipeline.evaluation.figures.failures import Mistake
from pipeline.evaluation.figures.gate import GateResult
from pipeline.evaluation.figures.gradings import FindingResult, PfirrmannResult
from pipeline.evaluation.figures.herniation import HerniationCurves, HerniationResult
from pipeline.evaluation.figures.levels import CompleteResult, LevelResult
from pipeline.evaluation.figures.robustness import HELD_OUT, RobustnessResult
from pipeline.evaluation.figures.segmentation import ALL, ConventionResult, OutlineResult
from pipeline.evaluation.figures.studies import DisagreementResult, StudyRuleResult
from pipeline.metrics.estimates import Estimate, estimate_share

Value = TypeVar("Value")

EVALUATION_NAME: Final = "evaluation.json"

#: The sets of scans by the names that the record gives them; all of held-out patients but the
#: other scanner's.
ALL_SCANS: Final = "all scans"
VOLUMES: Final = "T2-SPACE volumes"
MID_SLICES: Final = "mid-slices"
OTHER_SCANNER: Final = "another scanner"
TRAINING_VOLUMES: Final = "T2-SPACE volumes of training patients"
UNLABELLED: Final = "a volume without levels"
SEQUENCES: Final = {
    "t2": "T2 mid-slices",
    "t1": "T1 mid-slices",
    "t2_SPACE": "T2-SPACE mid-slices",
}

#: Those of the second hospital.
OTHER_HOSPITAL: Final = {
    "t2": "T2 mid-slices of another hospital",
    "t1": "T1 mid-slices of another hospital",
}

Part = Literal[
    "segmentation",
    "quantities",
    "levels",
    "herniation",
    "gradings",
    "gate",
    "robustness",
    "studies",
]


#: Fields that say which measuring a record is of.
_ABOUT: Final = frozenset({"model_version", "weights", "git_commit", "measured_at", "threshold"})


class EvaluationRecord(BaseModel):
    """Figures of one model version; a part that wasn't measured is empty.

    Attributes:
        weights: sha256 by file name of what was measured.
        git_commit: of the code that measured.
        threshold: from which probability on a disc is called herniated.
        outlines, agreement, discs, complete, cuts, herniation, curves, gradings,
            pfirrmann, gate, robustness, study_rules, disagreement: as their modules say.
        conventions: of the volumes that are measured, and of those that trained.
        auroc_lost_out_of_fold: without spacing, over T2 discs of training patients, each read by
            networks new to its patient.
        auroc_lost_out_of_fold_other_hospital: the same of the second hospital; None where it
            trained nothing.
        failures: what went wrong in single scans, in words.
    """

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    model_version: str
    weights: dict[str, str]
    git_commit: str
    measured_at: datetime
    threshold: float
    outlines: list[OutlineResult] = []
    conventions: list[ConventionResult] = []
    agreement: list[Agreement] = []
    discs: list[LevelResult] = []
    complete: list[CompleteResult] = []
    cuts: list[CutResult] = []
    herniation: list[HerniationResult] = []
    curves: list[HerniationCurves] = []
    gradings: list[FindingResult] = []
    pfirrmann: list[PfirrmannResult] = []
    gate: list[GateResult] = []
    robustness: list[RobustnessResult] = []
    auroc_lost_out_of_fold: Estimate | None = None
    auroc_lost_out_of_fold_other_hospital: Estimate | None = None
    study_rules: list[StudyRuleResult] = []
    disagreement: DisagreementResult | None = None
    failures: list[Mistake] = []

    def outline(self, data: str, structure: str, group: str = ALL) -> Estimate | None:
        """The Dice of a structure in a set, or in a group of it."""
        result = self.outlines_of(data, structure, group)
        return result.dice if result else None

    def outlines_of(self, data: str, structure: str, group: str = ALL) -> OutlineResult | None:
        """Figures of a structure's outlines in a set, or in a group of it."""
        wanted = (data, structure, group)
        return _first(r for r in self.outlines if (r.data, r.structure, r.group) == wanted)

    def agreement_on(self, quantity: str, group: str = ALL) -> Agreement | None:
        """Agreement of a quantity of the T2-SPACE volumes with their reference outlines."""
        return _first(r for r in self.agreement if (r.quantity, r.group) == (quantity, group))

    def error_of(self, quantity: str) -> Estimate | None:
        """The median error of a quantity."""
        result = self.agreement_on(quantity)
        return result.error if result else None

    def height_error(self, group: str = ALL) -> Estimate | None:
        """The median error of the three heights of each disc, or of those of one convention."""
        heights = [result for name in HEIGHTS if (result := self.agreement_on(name))]
        pairs = [pair for each in heights for pair in each.pairs if group in (ALL, pair.group)]
        return height_error(pairs) if pairs else None

    def discs_of(self, data: str, group: str = "all") -> LevelResult | None:
        """Found and named discs of a set."""
        return _first(r for r in self.discs if (r.data, r.group) == (data, group))

    def herniation_of(self, data: str, group: str = "all") -> HerniationResult | None:
        """Figures of the probabilities of a set."""
        return _first(r for r in self.herniation if (r.data, r.group) == (data, group))

    def grading_of(self, data: str, grading: str) -> FindingResult | None:
        """Figures of one grading of all discs of a set."""
        wanted = (data, grading, ALL)
        return _first(r for r in self.gradings if (r.data, r.grading, r.group) == wanted)

    def pfirrmann_of(self, data: str) -> PfirrmannResult | None:
        """Agreement on the Pfirrmann grades of all discs of a set."""
        return _first(r for r in self.pfirrmann if (r.data, r.group) == (data, ALL))

    def robustness_of(self, change: str, data: str = HELD_OUT) -> RobustnessResult | None:
        """Losses of a set by a perturbation."""
        return _first(r for r in self.robustness if (r.data, r.change) == (data, change))

    def silently_shifted(self) -> Estimate | None:
        """The share of all readings of cut or hidden scans with a wrong level and no warning."""
        shares = [result.silent for result in self.cuts if result.silent]
        count = sum(share.count for share in shares)
        silent = sum(round(share.value * share.count) for share in shares)
        return estimate_share(silent, count) if count else None

    def accepted(self, lumbar: bool) -> Estimate | None:
        """The share of the sagittal lumbar scans that were accepted, or of all others refused."""
        of = [r for r in self.gate if r.lumbar == lumbar and not r.trained_on]
        count, right = sum(r.count for r in of), sum(r.right for r in of)
        independent = sum(r.independent for r in of)
        return estimate_share(right, count, independent) if count else None

    def with_parts_of(self, newer: "EvaluationRecord") -> "EvaluationRecord":
        """This record with the parts that were measured again; it keeps its date and commit.

        The newer version may have a network more. Raises `ValueError` if others were measured.
        """
        if not self.weights.items() <= newer.weights.items():
            raise ValueError("The two records are of different weights.")
        parts = newer.model_fields_set - _ABOUT | {"model_version", "weights"}
        return self.model_copy(update={name: getattr(newer, name) for name in parts})

    def save(self, folder: Path) -> None:
        """Write `evaluation.json`."""
        (folder / EVALUATION_NAME).write_text(
            self.model_dump_json(indent=1) + "\n", encoding="utf-8"
        )

    @classmethod
    def load(cls, folder: Path) -> "EvaluationRecord":
        """Read `evaluation.json`."""
        return cls.model_validate_json((folder / EVALUATION_NAME).read_bytes())


def out_of_fold(data: str) -> str:
    """The name of the training patients' discs of a set, each read by networks new to it."""
    return f"{data}, out of fold"


def _first(values: Iterable[Value]) -> Value | None:
    return next(iter(values), None)
