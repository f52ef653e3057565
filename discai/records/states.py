"""The states of scans, further readings, retraining runs and gathers, and who may move them where.

Whoever changes a state asks these tables; nothing else says which way a scan may go.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Generic, Literal, TypeVar, get_args

from discai.records.models import RereadState, RunState
from discai.records.scans import Lease, ScanRecord, ScanStatus
from discai.records.slices import GatherState

State = TypeVar("State", bound=str)


@dataclass(frozen=True)
class Move(Generic[State]):
    """A change of state; `by` whom, from which states, and to which one."""

    by: Literal["worker", "dead letter", "person", "functions", "pipeline"]
    sources: tuple[State, ...]
    target: State

    def is_allowed(self, state: State) -> bool:
        """Tell if something in this state may be moved so."""
        return state in self.sources


ScanMove = Literal["claim", "finish", "split", "fail", "hand-back", "mark-dead", "retry"]

#: A worker claims a scan, also from another worker whose lease ran out; whoever holds it finishes
#: it, splits it into scans, fails it or hands it back. A dead letter tells of what no delivery
#: could finish.
SCAN: Final[Mapping[ScanMove, Move[ScanStatus]]] = {
    "claim": Move("worker", ("queued", "processing"), "processing"),
    "finish": Move("worker", ("processing",), "done"),
    "split": Move("worker", ("processing",), "split"),
    "fail": Move("worker", ("processing",), "failed"),
    "hand-back": Move("worker", ("processing",), "queued"),
    "mark-dead": Move("dead letter", ("queued", "processing"), "dead"),
    "retry": Move("person", ("failed", "dead"), "queued"),
}

RereadMove = Literal["order", "claim", "finish", "fail", "give-up"]

#: A further reading of a scan waits, also while a worker holds it, until it is read or has failed.
REREAD: Final[Mapping[RereadMove, Move[RereadState]]] = {
    "order": Move("person", ("failed",), "waiting"),
    "claim": Move("worker", ("waiting",), "waiting"),
    "finish": Move("worker", ("waiting",), "read"),
    "fail": Move("worker", ("waiting",), "failed"),
    "give-up": Move("dead letter", ("waiting",), "failed"),
}

RunMove = Literal["take-over", "submit", "succeed", "fail"]

#: A retraining run: whoever may submit it, or takes that over, gives it a job; it ends once.
RUN: Final[Mapping[RunMove, Move[RunState]]] = {
    "take-over": Move("functions", ("submitting",), "submitting"),
    "submit": Move("functions", ("submitting",), "running"),
    "succeed": Move("pipeline", ("submitting", "running"), "succeeded"),
    "fail": Move("pipeline", ("submitting", "running"), "failed"),
}

GatherMove = Literal["open-again", "begin-closing", "close"]

#: Loose slices of a series gather until it is quiet; a late one opens it again, also while its list
#: is being written.
GATHER: Final[Mapping[GatherMove, Move[GatherState]]] = {
    "open-again": Move("functions", ("closing", "closed"), "open"),
    "begin-closing": Move("functions", ("open",), "closing"),
    "close": Move("functions", ("closing",), "closed"),
}


def _ends(states: Iterable[State], moves: Mapping[Any, Move[State]]) -> tuple[State, ...]:
    """The states out of which nobody but a person moves anything."""
    by_itself = [move for move in moves.values() if move.by != "person"]
    return tuple(state for state in states if not any(move.is_allowed(state) for move in by_itself))


#: No delivery of the request for a scan's reading changes anything any more.
SCAN_ENDS: Final = _ends(get_args(ScanStatus), SCAN)
#: A run in one of these states changes no more.
RUN_ENDS: Final = _ends(get_args(RunState), RUN)


def is_live(lease: Lease | None) -> bool:
    """Tell if a worker holds it."""
    return lease is not None and lease.until > datetime.now(UTC)


def is_unfinished(scan: ScanRecord) -> bool:
    """Tell if the scan has not come to an end and no worker has it.

    It waits in the queue, or its worker has died: another request makes a worker take it up.
    """
    return scan.status not in SCAN_ENDS and not is_live(scan.lease)
