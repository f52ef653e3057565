"""Start a retraining run by hand, or only check that one could start:

    python -m pipeline.run_pipeline --check
    python -m pipeline.run_pipeline [--watch] [--retrain-segmentation]

Where things are comes from options or from the environment, under the names that the functions
read; `--local` takes them from the cloud that `make up` runs in this folder. Exits 2 if something
is wrong before there is a run, 1 if Vertex AI did not take the run, or not yet, or if the watched
run failed.
"""

import argparse
import dataclasses
import os
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from google.cloud import firestore, storage

from discai.cloud import paths
from discai.cloud.retraining import RetrainingRepository
from discai.cloud.vertex import PipelineSettings, VertexSubmitter
from discai.errors import DiscaiError, PermanentError, RetryableError
from discai.records.models import RetrainingRun, RunStep
from discai.records.scans import Failure
from pipeline.commands.checks import problems

FAILED: Final = 1
WRONG: Final = 2
_POLL_SECONDS: Final = 2.0
LOCAL_OPTION: Final = "--local"
LOCAL_VARIABLES: Final = Path(".local/env")

#: The environment variable of each setting, as the functions name it.
VARIABLES: Final = {
    "project": "GOOGLE_CLOUD_PROJECT",
    "region": "PIPELINE_REGION",
    "template": "PIPELINE_TEMPLATE",
    "results_bucket": "RESULTS_BUCKET",
    "models_bucket": "MODELS_BUCKET",
    "pipeline_bucket": "PIPELINE_BUCKET",
    "service_account": "PIPELINE_SERVICE_ACCOUNT",
    "endpoint": "PIPELINE_ENDPOINT",
    "original": "ORIGINAL_DATASET",
    "evaluation": "EVALUATION_SET",
    "tensorboard": "TENSORBOARD",
    "tuning_trials": "TUNING_TRIALS",
    "worker_image": "WORKER_IMAGE",
    "encryption_key": "ENCRYPTION_KEY",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Check, submit and watch as the options say."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if LOCAL_OPTION in given:
        if not LOCAL_VARIABLES.exists():
            print("No local cloud is running here: start it with make up.", file=sys.stderr)
            return WRONG
        # Before the options, which take their defaults from there.
        os.environ |= _variables_in(LOCAL_VARIABLES)
    options = _parser().parse_args(given)
    settings = PipelineSettings(**{name: getattr(options, name) for name in VARIABLES})
    found = problems(settings)
    for problem in found:
        print(problem, file=sys.stderr)
    if found:
        return WRONG
    if options.check:
        print("A run could start.")
        return 0
    return start(settings, retrain_segmentation=options.retrain_segmentation, watched=options.watch)


def start(settings: PipelineSettings, *, retrain_segmentation: bool, watched: bool) -> int:
    """Starts a run that learns from every label up to now, however few are new; the exit code."""
    database: Any = firestore.Client(settings.project)
    runs = RetrainingRepository(database, _threshold(database))
    submitter = VertexSubmitter.connect(settings, storage.Client(settings.project))
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
    return watch(settings.project, run.epoch) if watched else 0


def submit(run: RetrainingRun, runs: RetrainingRepository, submitter: VertexSubmitter) -> str:
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
    runs = RetrainingRepository(firestore.Client(project), threshold=1)
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


def _threshold(database: Any) -> int:
    stored = database.document(paths.RETRAINING).get().to_dict() or {}
    return int(stored.get("threshold", 50))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m pipeline.run_pipeline",
        description="Starts a retraining run, whatever number of scans is newly labelled.",
    )
    for field in dataclasses.fields(PipelineSettings):
        variable = VARIABLES[field.name]
        otherwise = "" if field.default is dataclasses.MISSING else field.default
        parser.add_argument(
            f"--{field.name.replace('_', '-')}",
            default=os.environ.get(variable) or otherwise,
            type=type(otherwise),
            help=f"default: ${variable}",
        )
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
