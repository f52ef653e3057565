"""The monthly retraining: look at its Cloud Scheduler job, change its time, pause or resume it.

    python -m pipeline.pipeline_schedule --project P --region R [--cron CRON] [--pause|--resume]

Terraform creates the job, which calls the function `sweep` under `/monthly`; the next apply brings
back the time that topology.yaml names.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any, Final, Protocol

import google.auth
from google.auth.transport.requests import AuthorizedSession

from discai.errors import PermanentError

API: Final = "https://cloudscheduler.googleapis.com/v1"
JOB: Final = "monthly-retraining"
SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
_TIMEOUT_SECONDS: Final = 30


class Session(Protocol):
    """Sender of requests, as `requests.Session` is."""

    def request(self, method: str, url: str, **options: Any) -> Any:
        """The answer to one request."""


class MonthlyJob:
    """The scheduler's job."""

    def __init__(self, project: str, region: str, session: Session) -> None:
        self._url = f"{API}/projects/{project}/locations/{region}/jobs/{JOB}"
        self._session = session

    def describe(self) -> str:
        """Times at which it runs, as a sentence."""
        job = self._call("GET")
        next_run = job.get("scheduleTime", "never")
        return f"{job['schedule']} ({job['timeZone']}), {job['state'].lower()}, next {next_run}"

    def move(self, cron: str) -> None:
        """Changes when it runs."""
        self._call("PATCH", "?updateMask=schedule", {"schedule": cron})

    def pause(self) -> None:
        """Lets it run no more until it is resumed."""
        self._call("POST", ":pause", {})

    def resume(self) -> None:
        """Lets it run again."""
        self._call("POST", ":resume", {})

    def _call(self, method: str, suffix: str = "", body: Any = None) -> dict[str, Any]:
        answer = self._session.request(
            method, self._url + suffix, json=body, timeout=_TIMEOUT_SECONDS
        )
        if not answer.ok:
            message = answer.json().get("error", {}).get("message", answer.reason)
            raise PermanentError("scheduler-refused", f"Cloud Scheduler refused: {message}")
        return dict(answer.json())


def main(arguments: Sequence[str] | None = None) -> int:
    """Change and describe the job; 1 if Cloud Scheduler refuses."""
    parser = argparse.ArgumentParser(
        "python -m pipeline.pipeline_schedule", description="Looks at the monthly retraining."
    )
    parser.add_argument("--project", default=os.environ.get("GOOGLE_CLOUD_PROJECT"))
    parser.add_argument("--region", default=os.environ.get("PIPELINE_REGION"))
    parser.add_argument("--cron", help="when it runs, such as '0 3 1 * *'")
    state = parser.add_mutually_exclusive_group()
    state.add_argument("--pause", action="store_true")
    state.add_argument("--resume", action="store_true")
    options = parser.parse_args(arguments)
    if not options.project or not options.region:
        parser.error("set --project and --region")
    credentials, _ = google.auth.default(scopes=[SCOPE])
    job = MonthlyJob(options.project, options.region, AuthorizedSession(credentials))
    try:
        if options.cron:
            job.move(options.cron)
        if options.pause:
            job.pause()
        if options.resume:
            job.resume()
        print(job.describe())
    except PermanentError as error:
        print(error.message, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
