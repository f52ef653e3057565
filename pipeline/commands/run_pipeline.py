"""Start a retraining run by hand, or only check that one could start:

    python -m pipeline.run_pipeline --check
    python -m pipeline.run_pipeline [--watch] [--retrain-segmentation]

Settings come from options or from the environment, under the names that the functions read;
`--local` takes them from the cloud that `make up` runs in this folder. Exits 2 if something is
wrong before there is a run, 1 if Vertex AI did not take the run, or not yet, or if the watched run
failed.
"""

import argparse
import os
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Protocol

from google.cloud import storage
from pydantic import Field

from discai.cloud import paths
from discai.cloud.database import Database
from discai.cloud.documents import Document
from discai.cloud.firestore import FirestoreDatabase
from discai.cloud.retraining import Job, RetrainingRepository
from discai.cloud.retraining_settings import EvaluationSet, RetrainingSettings
from discai.cloud.vertex import VertexSubmitter
from discai.errors import DiscaiError, PermanentError, RetryableError
from discai.records.models import RetrainingControl, RetrainingRun, RunStep
from discai.records.record import Failure
from pipeline.commands.checks import problems, silent_vertex
from pipeline.commands.options import add_options, settings_of

FAILED: Final = 1
WRONG: Final = 2
_POLL_SECONDS: Final = 2.0
LOCAL_OPTION: Final = "--local"
LOCAL_VARIABLES: Final = Path(".local/env")


class RunSettings(RetrainingSettings):
    """Settings of a run by hand, which must have an evaluation set; the functions wait for one."""

    evaluation_set: Annotated[EvaluationSet, Field(min_length=1)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Check, submit and watch as the options say."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if LOCAL_OPTION in given:
        if not LOCAL_VARIABLES.exists():
            print("No local cloud is running here: start it with make up.", file=sys.stderr)
            return WRONG
        os.environ |= _variables_in(LOCAL_VARIABLES)
    options = _parser().parse_args(given)
    try:
        settings = settings_of(options, RunSettings)
    except PermanentError as error:
        print(error.message, file=sys.stderr)
        return WRONG
    found = problems(settings) + (silent_vertex(settings) if options.check else [])
    for problem in found:
        print(problem, file=sys.stderr)
    if found:
        return WRONG
    if options.check:
        print("A run could start.")
        return 0
    return start(settings, retrain_segmentation=options.retrain_segmentation, watched=options.watch)


def start(settings: RetrainingSettings, *, retrain_segmentation: bool, watched: bool) -> int:
    """Starts a run that learns from every label up to now, however few are new; the exit code."""
    database = FirestoreDatabase.connect(settings.google_cloud_project)
    runs = RetrainingRepository(database, _threshold(database))
    submitter = VertexSubmitter.connect(settings, storage.Client(settings.google_cloud_project))
    try:
        run = runs.start_by_hand(retrain_segmentation=retrain_segmentation)
    except DiscaiError as error:
        print(error.message, file=sys.stderr)
        return WRONG
    try:
        print(submit(run, runs, submitter))
    except DiscaiError as error:
        print(error.message, file=sys.stderr)
        return FAILED
    return watch(settings.google_cloud_project, run.epoch) if watched else 0


class Submitter(Protocol):
    """Place where pipelines run."""

    def submit(self, run: RetrainingRun) -> Job:
        """Starts the run's job; raises `PermanentError` if it never can, else `RetryableError`."""


def submit(run: RetrainingRun, runs: RetrainingRepository, submitter: Submitter) -> str:
    """Starts the run's job, or finds that another delivery has taken it over; says which.

    Raises `PermanentError`, and the run has failed, if it can never be submitted; `RetryableError`
    if not now: then the function `sweep` tries again.
    """
    try:
        job = submitter.submit(run)
        runs.submitted(run.epoch, job)
    except PermanentError as error:
        failure = Failure(code=error.code, message=error.message)
        if runs.close(run.epoch, failure, held=run.lease):
            raise
        return f"{error.message} Run {run.epoch} has been taken over by another caller."
    except RetryableError as error:
        message = (
            f"Run {run.epoch} could not be submitted yet: {error.message} ({error.__cause__})\n"
            "The function sweep tries again within minutes, with its own settings."
        )
        raise RetryableError(error.code, message) from error
    return f"Run {run.epoch} was started: {job.url}"


def watch(project: str, epoch: int) -> int:
    """Prints each step as it begins and ends; 1 if the run failed."""
    runs = RetrainingRepository(FirestoreDatabase.connect(project), threshold=1)
    shown: dict[str, str] = {}
    while True:
        run = runs.run(epoch)
        if run is None:
            print(f"There is no run {epoch}.", file=sys.stderr)
            return FAILED
        for step in run.steps:
            if step.state != "waiting" and shown.get(step.name) != step.state:
                shown[step.name] = step.state
                print(f"  {step.name:9} {step.state}{_seconds(step)}", flush=True)
        if run.state == "succeeded":
            print(run.reason)
            return 0
        if run.state == "failed":
            print(run.error.message if run.error else "The run failed.", file=sys.stderr)
            return FAILED
        time.sleep(_POLL_SECONDS)


def _seconds(step: RunStep) -> str:
    if step.started_at is None or step.ended_at is None:
        return ""
    return f" in {(step.ended_at - step.started_at).total_seconds():.0f} s"


def _variables_in(file: Path) -> dict[str, str]:
    """Variables that a file of `NAME='value'` lines sets, as a shell would read it."""
    words = shlex.split(file.read_text(encoding="utf-8"))
    return dict(word.split("=", 1) for word in words)


def _threshold(database: Database) -> int:
    control = Document(database, paths.RETRAINING, RetrainingControl).get()
    return control.threshold if control else 50


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m pipeline.run_pipeline",
        description="Starts a retraining run, whatever number of scans is newly labelled.",
    )
    add_options(parser, RunSettings)
    parser.add_argument(
        "--retrain-segmentation",
        action="store_true",
        help="fine-tune the segmentation on corrected boxes, too",
    )
    parser.add_argument(
        LOCAL_OPTION, action="store_true", help="in the cloud that make up runs in this folder"
    )
    parser.add_argument("--check", action="store_true", help="submit nothing")
    parser.add_argument("--watch", action="store_true", help="wait for the end, step by step")
    return parser


if __name__ == "__main__":
    sys.exit(main())
