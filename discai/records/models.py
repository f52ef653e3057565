"""The documents about models and their retraining, as they lie in Firestore.

The pipeline writes them, the functions start and close runs, the web app's Models page shows them.
"""

from datetime import datetime
from typing import Final, Literal

from pydantic import Field

from discai.anatomy import Level
from discai.records.record import Failure, Record
from discai.records.scans import Lease, Progress

RunState = Literal["submitting", "running", "succeeded", "failed"]
StepState = Literal["waiting", "running", "succeeded", "failed", "skipped"]
StepName = Literal["snapshot", "prepare", "tune", "train", "register", "evaluate", "promote"]
Decision = Literal["promoted", "kept"]
RereadState = Literal["waiting", "read", "failed"]


class Measured(Record):
    """A number with its 95 % bootstrap interval over patients, and over how much it was taken."""

    value: float
    low: float
    high: float
    count: int
    patients: int


class RocPoint(Record):
    """One threshold's point of the ROC curve."""

    false_positive_rate: float = Field(ge=0, le=1)
    sensitivity: float = Field(ge=0, le=1)


class ReliabilityBin(Record):
    """Discs of similar probability: its mean, the share that is herniated, how many there are."""

    predicted: float = Field(ge=0, le=1)
    observed: float = Field(ge=0, le=1)
    count: int


class Evaluation(Record):
    """Figures of a model on the frozen evaluation set.

    Attributes:
        dataset_digest: of the evaluation set; two models compare only on the same one.
        metrics: by name, such as `auroc`, `averagePrecision`, `sensitivity`, `brier`,
            `calibrationError`.
        auroc_by_level: where a level has herniated discs and others.
        auroc_by_group: by scanner or hospital, and by sequence, under the same condition.
        roc: from (0, 0) to (1, 1).
    """

    dataset_digest: str
    patients: int
    discs: int
    herniated: int
    metrics: dict[str, Measured]
    auroc_by_level: dict[Level, Measured]
    auroc_by_group: dict[str, Measured]
    roc: list[RocPoint]
    reliability: list[ReliabilityBin]


class Guard(Record):
    """Something that may not get worse by more than `margin`, and whether it did."""

    name: str
    production: float
    challenger: float
    margin: float
    passed: bool


class Comparison(Record):
    """Challenger against production on the same discs.

    Attributes:
        metric: the one that decides, a key of `Evaluation.metrics`.
        difference: challenger minus production, with its paired interval.
        p_value: of the paired test.
        changed_scans: how many of the evaluation set have a disc whose answer differs.
    """

    metric: str
    production_version: str
    difference: Measured
    p_value: float = Field(ge=0, le=1)
    guards: list[Guard]
    changed_scans: int


class Dataset(Record):
    """Dataset that a run trained on: an immutable snapshot by its digest.

    Attributes:
        patients: whom the scans are of, as far as they are told apart; 0 in runs of before.
    """

    digest: str
    scans: int
    patients: int = 0
    crops: int
    herniated: int
    from_corrections: int
    from_acceptances: int
    original: int
    refused: int


class RunStep(Record):
    """One step of a run, in the order in which they run."""

    name: StepName
    state: StepState = "waiting"
    started_at: datetime | None = None
    ended_at: datetime | None = None


class RefusedLabel(Record):
    """Scan that a run could not learn from, the reason, and what a person can do about it."""

    scan_id: str
    reason: str
    advice: str = ""


#: A run's record names so many; the report beside its dataset has all.
MOST_REFUSED: Final = 200


class RetrainingRun(Record):
    """`runs/{epoch}`: one retraining, from the crossing of the threshold to its decision.

    Attributes:
        epoch: counts runs from 1; also the document's id.
        key: tells it from another run of that number, which a database that was restored from a
            backup begins again; empty for runs that began before there were keys.
        cutoff: labels up to this moment are the run's.
        count: newly labelled scans at the cutoff.
        trigger: what started it.
        lease: who submits it, until another delivery may take over; None once it is submitted.
        job_name: the pipeline job's resource name.
        job_url: where an engineer sees the job.
        refused: the first labels that it could not learn from; `dataset` counts all.
        model_version: the challenger, once it is registered.
        decision: `kept` once the comparison says so; else what came of the promotion.
        reason: a sentence: how the comparison ended, then the decision, too.
        error: why it failed.
    """

    epoch: int = Field(ge=1)
    key: str = ""
    state: RunState
    trigger: Literal["labels", "schedule", "person"]
    cutoff: datetime
    count: int
    threshold: int
    retrain_segmentation: bool = False
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None = None
    lease: Lease | None = None
    job_name: str | None = None
    job_url: str | None = None
    steps: list[RunStep] = Field(default_factory=list)
    dataset: Dataset | None = None
    refused: list[RefusedLabel] = Field(default_factory=list)
    model_version: str | None = None
    comparison: Comparison | None = None
    decision: Decision | None = None
    reason: str | None = None
    error: Failure | None = None

    @property
    def name(self) -> str:
        """Name that no other run ever has: its pipeline job and its model are called by it."""
        return f"{self.epoch:06d}-{self.key}" if self.key else f"{self.epoch:06d}"


def epoch_of(name: str) -> int:
    """Number of the run that has this name, as `RetrainingRun.name` makes it."""
    return int(name.partition("-")[0])


class ModelVersion(Record):
    """`models/{modelVersion}`: one model that was ever registered; its files never change.

    Attributes:
        parent: the version that its training started from.
        epoch: of the run that made it; None for the one that came with the code.
        registry_name: in the Vertex Model Registry.
        decision: and `reason`, of the run that compared it with production; see there.
        seconds: that its training, tuning and evaluation took, by step.
    """

    model_version: str
    model_digest: str
    created_at: datetime
    parent: str | None = None
    epoch: int | None = None
    dataset: Dataset | None = None
    herniation_threshold: float = Field(ge=0, le=1)
    evaluation: Evaluation | None = None
    comparison: Comparison | None = None
    decision: Decision | None = None
    reason: str | None = None
    registry_name: str | None = None
    git_commit: str
    seconds: dict[str, float]


class ChangedAnswer(Record):
    """A disc of which a later model says something else than an earlier one did.

    Attributes:
        level_before: what the earlier model named it; None where it found no disc there.
        level_after: what the later one names it; None where it finds none.
        before: the earlier probability of herniation, and `after` the later one.
        herniated_before: the earlier answer by that model's own threshold, and `herniated_after`
            the later one.
    """

    level_before: str | None = None
    level_after: str | None = None
    before: float | None = Field(default=None, ge=0, le=1)
    after: float | None = Field(default=None, ge=0, le=1)
    herniated_before: bool | None = None
    herniated_after: bool | None = None


class Reread(Record):
    """`models/{modelVersion}/rereads/{scanId}`: a scan that this model reads after another one.

    Attributes:
        begun: how often a worker has begun with it.
        compared_with: the version whose answers the worklist showed until then.
        changes: every answer that is another one; with `largest_shift`, the most that the
            probability of any other disc moved, once it was read.
        error: why it could not be read; the scan is as it was.
    """

    scan_id: str
    model_version: str
    object_name: str
    state: RereadState
    asked_at: datetime
    asked_by: str
    updated_at: datetime
    lease: Lease | None = None
    begun: int = 0
    progress: Progress | None = None
    compared_with: str | None = None
    changes: list[ChangedAnswer] = Field(default_factory=list)
    largest_shift: float = 0.0
    error: Failure | None = None


class Move(Record):
    """One move of the production pointer.

    Attributes:
        by: the run (`run 12`) or the e-mail address of who rolled back.
    """

    model_version: str
    at: datetime
    by: str
    reason: str


class ProductionPointer(Record):
    """`control/production`: the model that workers serve.

    Attributes:
        since: of its last move.
        history: every move, the newest last.
    """

    model_version: str
    model_digest: str
    since: datetime
    history: list[Move]


class Reconciled(Record):
    """`control/reconciled`: how far labels and uploads were held against what became of them.

    Uploads are listed in rounds, by their names, a part of a round at a time.

    Attributes:
        labels_until: every label that was saved up to this moment is exported and stamped.
        labels_from: the path of the label behind which the next look at some of all begins.
        uploads_from: the name at which the next part of the round begins.
        round_began: and `last_round_began`, the one before: what was uploaded before that has its
            scan, so of a round only newer uploads are looked up.
        left_since: when the oldest upload came that could not be taken in this round.
    """

    labels_until: datetime | None = None
    labels_from: str = ""
    uploads_from: str = ""
    round_began: datetime | None = None
    last_round_began: datetime | None = None
    left_since: datetime | None = None


class RetrainingControl(Record):
    """`control/retraining`: how far it is to the next run.

    Attributes:
        epoch: of the last run that ended, 0 before the first.
        cutoff: labels up to this moment have been learned from.
        count: scans with newer labels, counted at `counted_at`.
        state: `collecting` labels; `running` run `epoch + 1`; `paused` after a failed run until
            `paused_until`; `not-configured` where no pipeline can be started.
        message: a sentence for the page where the state needs one.
        failures: runs that failed since the last one that succeeded.
    """

    epoch: int = 0
    cutoff: datetime | None = None
    count: int = 0
    counted_at: datetime | None = None
    threshold: int
    state: Literal["collecting", "running", "paused", "not-configured"] = "collecting"
    message: str | None = None
    failures: int = 0
    paused_until: datetime | None = None
