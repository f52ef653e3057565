"""Stand-ins for our own interfaces, kept in memory."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from discai.cloud.retraining import Job
from discai.errors import PermanentError, RetryableError
from discai.records.models import RetrainingRun
from discai.records.scans import Failure, InferenceRequest, ScanRecord


@dataclass
class FakeScans:
    """The part of `ScanRepository` that the functions use."""

    scans: dict[str, ScanRecord] = field(default_factory=dict)
    letters: set[str] = field(default_factory=set)

    def create(self, scan_id: str, scan: ScanRecord) -> bool:
        created = scan_id not in self.scans
        self.scans.setdefault(scan_id, scan)
        return created

    def get(self, scan_id: str) -> ScanRecord | None:
        return self.scans.get(scan_id)

    def bury(self, scan_id: str, failure: Failure, letter_id: str) -> bool:
        if letter_id in self.letters:
            return False
        self.letters.add(letter_id)
        scan = self.scans[scan_id]
        self.scans[scan_id] = scan.model_copy(update={"status": "dead", "error": failure})
        return True


class FakeRereads:
    """No scan is read again."""

    def give_up(self, scan_id: str, model_version: str, failure: Failure) -> bool:
        return False


@dataclass
class FakePublisher:
    """Remembers what was published; fails as often as it is told to."""

    published: list[InferenceRequest] = field(default_factory=list)
    failures: int = 0

    def publish(self, request: InferenceRequest) -> None:
        if self.failures:
            self.failures -= 1
            raise RetryableError("unavailable", "Pub/Sub does not answer.")
        self.published.append(request)


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

    def look(self, epoch: int) -> Job | None:
        return self.jobs.get(epoch)

    def cancel(self, epoch: int) -> None:
        self.cancelled.append(epoch)


if TYPE_CHECKING:  # what drifts from the interface that it stands in for is an error of mypy's
    from functions import on_dead_letter, on_scan_uploaded, retraining

    _queued: on_scan_uploaded.Scans = FakeScans()
    _dead: on_dead_letter.Scans = FakeScans()
    _rereads: on_dead_letter.Rereads = FakeRereads()
    _publisher: on_scan_uploaded.Publisher = FakePublisher()
    _submitter: retraining.RunSubmitter = FakeSubmitter()
