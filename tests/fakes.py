"""Stand-ins for our own interfaces, kept in memory."""

from dataclasses import dataclass, field

from discai.errors import RetryableError
from discai.records import Failure, InferenceRequest, ScanRecord


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
