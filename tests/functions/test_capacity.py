"""An import of more scans than the workers can take before the last attempt: none is given up.

With a fast worker that reads nothing, no network, and time that is only counted.
"""

from collections.abc import Callable

from discai.cloud import paths
from discai.cloud.claim import Claim
from discai.cloud.filing import FilingRepository
from discai.cloud.requests import AnyRequest
from discai.cloud.rereading import RereadRepository
from discai.cloud.scans import ScanRepository, request_for
from discai.errors import RetryableError
from discai.records.scans import InferenceRequest, ScanRecord, StoredObject
from functions.on_dead_letter import BROKEN_READINGS, on_dead_letter
from tests.support.infrastructure.push_queue import PushQueue
from tests.support.memory_database import MemoryDatabase
from tests.support.records import prediction_of, queued_scan

SCANS = 2000
#: Two workers, as of the small example, need more than eight hours for all of them; the last of 20
#: attempts is over after two and a half.
WORKERS, SECONDS = 2, 30.0
#: From one upload to the next.
UPLOAD_SECONDS = 0.3
PREDICTION = prediction_of("m1")


class Import:
    """Scans that are uploaded at once, and one of them ends each of its readings early."""

    def __init__(self, count: int, broken: int) -> None:
        database = MemoryDatabase()
        self.scans = ScanRepository(database)
        rereads, orders = RereadRepository(database), FilingRepository(database)
        self.queue = PushQueue(
            WORKERS,
            SECONDS,
            self._begin,
            lambda data, event_id: on_dead_letter(
                data, event_id, self.scans, rereads, orders, self.queue
            ),
        )
        self.ids: list[str] = []
        self.last_read = 0.0
        for number in range(count):
            stored = StoredObject(bucket="b", name=f"{number}.mha", generation=1, size=1)
            scan_id = paths.scan_id(stored.bucket, stored.name, stored.generation)
            scan = queued_scan(stored)
            self.scans.create(scan_id, scan)
            self.queue.publish(request_for(scan_id, scan), number * UPLOAD_SECONDS)
            self.ids.append(scan_id)
        self.broken = self.ids[broken]

    def record(self, scan_id: str) -> ScanRecord:
        found = self.scans.get(scan_id)
        assert found
        return found

    def _begin(self, request: AnyRequest) -> Callable[[], None] | None:
        assert isinstance(request, InferenceRequest)
        claim = self.scans.claim(request.scan_id, "worker")
        return (lambda: self._end(claim)) if claim else None

    def _end(self, claim: Claim) -> None:
        if claim.scan_id == self.broken:
            claim.hand_back("The reading broke off.")
            raise RetryableError("broken", "The reading broke off.")
        claim.finish(PREDICTION, [], {})
        self.last_read = self.queue.now


def test_none_of_2000_scans_is_given_up_unread_and_one_that_breaks_its_readings_is():
    bulk = Import(SCANS, broken=3)
    bulk.queue.run()
    others = [bulk.record(scan_id) for scan_id in bulk.ids if scan_id != bulk.broken]
    assert {(scan.status, scan.attempt) for scan in others} == {("done", 1)}
    assert bulk.record(bulk.broken).status == "dead"
    assert bulk.record(bulk.broken).attempt >= BROKEN_READINGS
    # Or nothing was shown: so many would have been given up.
    buried = {request.scan_id for request in bulk.queue.buried}
    assert len(buried) > SCANS / 2
    assert bulk.queue.refused > 20 * len(buried) - 20
    # Workers had hardly ever nothing to do while anything waited.
    assert bulk.last_read < 1.1 * SCANS * SECONDS / WORKERS
