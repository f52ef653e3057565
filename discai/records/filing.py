"""Filing: the way of a study's results back into the archive, and what lies there."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from discai.records.record import KEY_PATTERN, Failure, Record
from discai.records.scans import Lease

Filing = Literal["off", "drafts", "reviewed"]
"""Which answers are filed: none, the model's at once, or only what a reviewer has confirmed."""
FiledKind = Literal["SEG", "SR", "PDF"]
FilingState = Literal["filed", "unreviewed", "nothing", "refused"]


class FilingRequest(Record):
    """The message on `inference-requests` that has a worker file the results of a study."""

    study_key: str = Field(pattern=KEY_PATTERN)


class Filed(Record):
    """One object that the archive has taken.

    Attributes:
        uid: key of its SOP instance UID, which is stored nowhere.
        of: id of the scan whose result it is.
        label: id of the newest label of the verdict that it tells of; None for the model alone.
    """

    kind: FiledKind
    uid: str = Field(pattern=KEY_PATTERN)
    at: datetime
    of: str
    model_version: str
    label: str | None = None


class SeriesFiling(Record):
    """Outcome of the last look at one series.

    Attributes:
        state: `filed` in the archive, `unreviewed` and therefore waiting for a reviewer, `nothing`
            to file, or `refused` for good.
        reason: why there is nothing, or who refuses it.
    """

    state: FilingState
    reason: Failure | None = None


class FilingOrder(Record):
    """`filing/{studyKey}`: the order to file what there is of a study, and what was filed.

    An order says nothing of what is to be filed: whoever carries it out looks at the series as they
    are. So it doesn't matter how often it is given, nor in which order.

    Attributes:
        filing: the setting by which it was given.
        asked_at: when it was last given.
        due_at: when a worker shall look, None if nothing has changed since one did.
        sent_at: when a worker was last asked to; None if the sweep shall do so once it is due.
        attempt: tries in a row that the archive didn't answer.
        begun: how often a worker has begun with it since it was given, carried out or put off.
        problem: why it waits, or why it was given up.
        series: by scan id.
        sending: what a worker gave to the archive, which hasn't said whether it took it.
        filed: in the order in which it was filed.
    """

    filing: Filing
    asked_at: datetime
    due_at: datetime | None
    sent_at: datetime | None = None
    attempt: int = 0
    begun: int = 0
    lease: Lease | None = None
    problem: Failure | None = None
    series: dict[str, SeriesFiling] = Field(default_factory=dict)
    sending: list[Filed] = Field(default_factory=list)
    filed: list[Filed] = Field(default_factory=list)
    updated_at: datetime
