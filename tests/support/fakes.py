"""Stand-ins for our own interfaces, kept in memory."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from discai.cloud.database import Database
from discai.cloud.filing import FilingOrders, FilingRepository
from discai.cloud.objects import StoredFile
from discai.cloud.requests import AnyRequest
from discai.cloud.retraining import Job
from discai.errors import PermanentError, RetryableError
from discai.records.models import RetrainingRun
from discai.records.scans import StoredObject


@dataclass
class FakePublisher:
    """Remembers what was published; fails as often as it is told to."""

    published: list[Any] = field(default_factory=list)
    failures: int = 0

    def publish(self, request: AnyRequest) -> None:
        if self.failures:
            self.failures -= 1
            raise RetryableError("unavailable", "Pub/Sub does not answer.")
        self.published.append(request)


class NoSlices:
    """Takes nothing for a loose slice."""

    def take(self, uploaded: StoredObject) -> bool:
        return False

    def lists_beside(self, slice_list: StoredObject) -> dict[str, StoredFile]:
        return {}


def nothing_is_filed(database: Database) -> FilingOrders:
    """Orders where the setting is `off`."""
    return FilingOrders(FilingRepository(database), FakePublisher(), "off")


@dataclass
class FakeSubmitter:
    """Runs no pipelines; refuses a run if it is told to.

    Attributes:
        jobs: by epoch, as Vertex AI keeps them by their id.
        calls: how often a job was asked for.
    """

    jobs: dict[int, Job] = field(default_factory=dict)
    calls: int = 0
    refusal: PermanentError | None = None
    cancelled: list[int] = field(default_factory=list)

    def submit(self, run: RetrainingRun) -> Job:
        self.calls += 1
        if self.refusal:
            raise self.refusal
        job = Job(f"jobs/{run.epoch}", f"http://jobs/{run.epoch}", "running")
        return self.jobs.setdefault(run.epoch, job)

    def look(self, run: RetrainingRun) -> Job | None:
        return self.jobs.get(run.epoch)

    def cancel(self, run: RetrainingRun) -> None:
        self.cancelled.append(run.epoch)


if TYPE_CHECKING:  # what drifts from the interface that it stands in for is an error of mypy's
    from functions import on_scan_uploaded, retraining

    _publisher: on_scan_uploaded.Publisher = FakePublisher()
    _submitter: retraining.RunSubmitter = FakeSubmitter()
