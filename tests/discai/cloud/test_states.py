"""Every move of the tables of states, tried through the repositories from every state."""

import contextlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from discai.cloud import paths
from discai.cloud.database import Database, Put
from discai.cloud.gathers import GatherRepository
from discai.cloud.production import ProductionRepository
from discai.cloud.rereading import RereadClaim, RereadRepository
from discai.cloud.retraining import Job, RetrainingRepository
from discai.cloud.scans import ScanRepository
from discai.errors import DiscaiError
from discai.records.models import RereadState, RunState
from discai.records.record import Failure
from discai.records.scans import Lease, ScanStatus
from discai.records.slices import GatherState
from discai.records.states import GATHER, REREAD, RUN, RUN_ENDS, SCAN, SCAN_ENDS, Move
from discai.records.study import Split
from tests.support.documents import change_fields, fields_of
from tests.support.records import SCAN as SCAN_ID
from tests.support.records import evaluated_run, prediction_of, queued_scan

FAILURE = Failure(code="gave-up", message="Many attempts.")
JOB = Job("jobs/1", "http://jobs/1", "running")

#: Nobody holds it any more.
RUN_OUT = Lease(holder="dead", until=datetime.now(UTC) - timedelta(minutes=1))


def every(moves: Mapping[Any, Move], states: Any) -> list[tuple[Any, str]]:
    return [(name, state) for name in moves for state in get_args(states)]


def check(database: Database, path: str, field: str, move: Move, attempt: Callable) -> None:
    """A move that is allowed changes the document and its state; another one changes nothing."""
    before = fields_of(database, path) or {}
    with contextlib.suppress(DiscaiError):
        attempt()
    after = fields_of(database, path) or {}
    if move.is_allowed(before[field]):
        assert after != before
        assert after[field] == move.target
    else:
        assert after == before


@pytest.mark.parametrize(("name", "state"), every(SCAN, ScanStatus))
def test_a_scan_moves_as_its_table_says(database, name, state):
    scans = ScanRepository(database)
    path = paths.scan(SCAN_ID)
    scans.create(SCAN_ID, queued_scan())
    held = scans.claim(SCAN_ID, "worker")
    attempts = {
        "claim": lambda: scans.claim(SCAN_ID, "another"),
        "finish": lambda: held.finish(prediction_of("m1"), [], {}),
        "split": lambda: held.split(Split(series=[], left_out=[], warnings=[])),
        "fail": lambda: held.fail(FAILURE),
        "hand-back": lambda: held.hand_back("Stopped."),
        "mark-dead": lambda: scans.mark_dead(SCAN_ID, FAILURE, "event-1"),
        "retry": lambda: scans.requeue(SCAN_ID, by="r@x.org"),
    }
    change_fields(database, path, {"status": state})
    if name in ("claim", "mark-dead", "retry"):
        change_fields(database, path, {"lease": RUN_OUT.to_document()})
    check(database, path, "status", SCAN[name], attempts[name])


@pytest.mark.parametrize(("name", "state"), every(GATHER, GatherState))
def test_loose_slices_move_as_their_table_says(database, name, state):
    gathers = GatherRepository(database)
    gathers.add("g", "study", queued_scan().object, is_image=True)
    path = paths.gather("g")
    change_fields(database, path, {"state": state})
    seen = next((each for _, each in gathers.unfinished(1)), None)
    late = queued_scan().object.model_copy(update={"generation": 2})
    attempts = {
        "open-again": lambda: gathers.add("g", "study", late, is_image=True),
        "begin-closing": lambda: seen and gathers.begin_closing("g", seen),
        "close": lambda: seen and gathers.close("g", seen, 1),
    }
    check(database, path, "state", GATHER[name], attempts[name])


@pytest.mark.parametrize(("name", "state"), every(REREAD, RereadState))
def test_a_further_reading_moves_as_its_table_says(database, name, state):
    scans, rereads = ScanRepository(database), RereadRepository(database)
    scans.create(SCAN_ID, queued_scan())
    scans.claim(SCAN_ID, "worker").finish(prediction_of("m1"), [], {})
    ProductionRepository(database).move("m2", "sha256:2", by="run 2", reason="Better.")

    def claim() -> RereadClaim | None:
        return rereads.claim(SCAN_ID, "m2", serving="m2", worker="worker")

    path = paths.reread("m2", SCAN_ID)
    rereads.order("m2", 1, by="admin@x.org")
    held = claim()
    attempts = {
        "order": lambda: rereads.order("m2", 1, by="another@x.org"),
        "claim": claim,
        "finish": lambda: held.finish(prediction_of("m2"), [], {}),
        "fail": lambda: held.fail(FAILURE),
        "give-up": lambda: rereads.give_up(SCAN_ID, "m2", FAILURE),
    }
    change_fields(database, path, {"state": state})
    if name in ("order", "claim", "give-up"):
        change_fields(database, path, {"lease": RUN_OUT.to_document()})
    check(database, path, "state", REREAD[name], attempts[name])


@pytest.mark.parametrize(("name", "state"), every(RUN, RunState))
def test_a_run_moves_as_its_table_says(database, name, state):
    runs = RetrainingRepository(database, threshold=1)
    run = evaluated_run(1).model_copy(update={"state": state, "lease": RUN_OUT})
    database.commit([Put(paths.run(1), run.to_document())])
    attempts = {
        "take-over": lambda: runs.take_over(1),
        "submit": lambda: runs.submitted(1, JOB),
        "succeed": lambda: runs.close(1),
        "fail": lambda: runs.close(1, FAILURE),
    }
    check(database, paths.run(1), "state", RUN[name], attempts[name])


def test_the_ends_are_those_that_people_are_told_of():
    assert SCAN_ENDS == ("done", "split", "failed", "dead")
    assert RUN_ENDS == ("succeeded", "failed")


@pytest.mark.parametrize(
    ("moves", "states", "first"),
    [(SCAN, ScanStatus, "queued"), (REREAD, RereadState, "waiting"), (RUN, RunState, "submitting")],
)
def test_every_state_can_be_reached(moves, states, first):
    reached = {first}
    before: set[str] = set()
    while reached != before:
        before = set(reached)
        reached |= {move.target for move in moves.values() if any(map(move.is_allowed, before))}
    assert reached == set(get_args(states))


def test_only_a_person_takes_a_scan_out_of_its_end():
    assert all(move.by == "person" for move in SCAN.values() if set(move.sources) & set(SCAN_ENDS))


def test_no_run_leaves_its_end():
    assert not any(set(move.sources) & set(RUN_ENDS) for move in RUN.values())
