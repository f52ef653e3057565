"""The monthly job, through a session that answers as Cloud Scheduler does."""

import pytest

from discai.errors import PermanentError
from pipeline.commands.schedule import MonthlyJob


class Answer:
    def __init__(self, body: dict, ok: bool = True) -> None:
        self.body, self.ok, self.reason = body, ok, "Bad Request"

    def json(self) -> dict:
        return self.body


class Scheduler:
    """Keeps one job as the API describes it."""

    def __init__(self) -> None:
        self.job = {"schedule": "0 3 1 * *", "timeZone": "Etc/UTC", "state": "ENABLED"}
        self.urls: list[str] = []

    def request(self, method: str, url: str, **options) -> Answer:
        self.urls.append(f"{method} {url}")
        if options["json"] and len(options["json"]["schedule"].split()) != 5:
            return Answer({"error": {"message": "Schedule is invalid."}}, ok=False)
        self.job |= options["json"] or {}
        if url.endswith((":pause", ":resume")):
            self.job["state"] = "PAUSED" if url.endswith(":pause") else "ENABLED"
        return Answer(self.job)


def test_the_job_is_moved_paused_and_resumed():
    scheduler = Scheduler()
    job = MonthlyJob("p", "europe-west4", scheduler)
    job.move("0 5 2 * *")
    job.pause()
    assert job.describe().startswith("0 5 2 * * (Etc/UTC), paused")
    job.resume()
    assert "enabled" in job.describe()
    assert all("/locations/europe-west4/jobs/monthly-retraining" in url for url in scheduler.urls)


def test_a_wrong_time_is_refused_with_the_schedulers_reason():
    with pytest.raises(PermanentError, match="Schedule is invalid"):
        MonthlyJob("p", "r", Scheduler()).move("monthly")
