"""Holds labels against their stamps and uploads against their scans: an event may get lost.

Eventarc repeats an event for 24 hours and then drops it, and the local Firestore sends each once.
So the sweep looks for itself, at a cost that doesn't grow with what is kept: labels by the time
they were saved, from where it stopped, and a few of all labels in turn; the bucket of uploads part
by part, of which only those are looked up that came since the round before.
"""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from discai.cloud import paths
from discai.cloud.database import Snapshot
from discai.cloud.documents import Change, Document
from discai.cloud.filing import FilingOrders
from discai.cloud.labels import LabelRepository
from discai.cloud.objects import ObjectStore, Upload
from discai.cloud.rereading import RereadRepository
from discai.cloud.scans import ScanRepository
from discai.cloud.studies import StudyRepository
from discai.errors import PermanentError, RetryableError
from discai.records.models import Reconciled
from functions.gathering import Gathering, NoSecretError
from functions.on_label_created import handle
from functions.on_scan_uploaded import Publisher, on_scan_uploaded

logger = logging.getLogger(__name__)

#: What is younger has an event that is on its way.
GRACE: Final = timedelta(seconds=30)
#: A label's moment is that of its request; so long after it, it can be read or was never saved.
SETTLED: Final = timedelta(minutes=2)
#: A scan that is so long the same has no request on its way: a reading shows its progress each few
#: seconds, and a queue that is a day long is told of by an alert.
ABANDONED: Final = {"processing": timedelta(minutes=5), "queued": timedelta(days=1)}

#: An upload that can't be taken for so long is left for good: its file is at fault.
TRIED_FOR: Final = timedelta(days=7)

MOST_LABELS: Final = 500
#: Of all labels, so many in turn: 25 000 in a week.
LABELS_AGAIN: Final = 25
#: Uploads are listed page by page, 20 000 a call: 20 million in a week.
MOST_UPLOADS: Final = 5000
MOST_PAGES: Final = 4
MOST_SCANS: Final = 50
MOST_REREADS: Final = 500
MOST_ORDERS: Final = 50
#: Of each part that does what events should have done; the clock's call has five minutes, and what
#: is left then comes next time.
LONGEST_SECONDS: Final = 80.0

_BEFORE_ANY: Final = datetime(2000, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Reconciliation:
    """Does once more what events should have made functions do.

    Each part goes on where its last call stopped, and may be stopped anywhere.
    """

    progress: Document[Reconciled]
    labels: LabelRepository
    studies: StudyRepository
    scans: ScanRepository
    rereads: RereadRepository
    publisher: Publisher
    objects: ObjectStore
    uploads_bucket: str
    gathering: Gathering
    filing: FilingOrders

    def run(self) -> None:
        """All parts; one that fails doesn't keep the others from their turn."""
        parts = (
            self.take_labels,
            self.take_labels_again,
            self.take_uploads,
            self.ask_for_abandoned,
            self.ask_for_rereads,
            self.send_orders,
        )
        for part in parts:
            try:
                part()
            except RetryableError as error:
                logger.warning("%s: %s", part.__name__, error.message)

    def take_labels(self) -> None:
        """Exports and stamps labels that no event has brought."""
        now = datetime.now(UTC)
        since = self._progress.labels_until or _BEFORE_ANY
        page = self.labels.saved_since(since, MOST_LABELS)
        whole = len(page) < MOST_LABELS
        # Of a full page the last moment may go on behind it; one that fills it is one scan's.
        until = now if whole or _saved(page[0]) == _saved(page[-1]) else _saved(page[-1]) - _TICK
        left = self._take([label for label in page if _saved(label) <= now - GRACE])
        until = min(until, now - SETTLED, *(_saved(label) - _TICK for label in left))
        if until > since:
            self._note(labels_until=until)

    def take_labels_again(self) -> None:
        """Takes what of all labels, some in turn, the look at the newest has passed by.

        A label that was copied has the moment of its original, which that look has left behind.
        """
        now = datetime.now(UTC)
        page = self.labels.behind(self._progress.labels_from, LABELS_AGAIN)
        self._take(
            label
            for label in page
            if label.version and label.version <= now - GRACE and self._was_missed(label)
        )
        self._note(labels_from=page[-1].path if len(page) == LABELS_AGAIN else "")

    def take_uploads(self) -> None:
        """Queues uploads that have no scan, and gathers those that are loose slices.

        One that can't be taken keeps no other from its turn: the next round looks at it again.
        """
        end = time.monotonic() + LONGEST_SECONDS
        for _ in range(MOST_PAGES):
            if not self._take_page(end):
                return

    def _take_page(self, end: float) -> bool:
        """Takes the uploads of a page; tells if the round goes on and there is time left."""
        now, before = datetime.now(UTC), self._progress
        began, left = before.round_began or now, _Left(before.left_since)
        page = self.objects.list_uploads(self.uploads_bucket, before.uploads_from, MOST_UPLOADS)
        since = (before.last_round_began or _BEFORE_ANY) - GRACE - SETTLED
        to_look_up = [each for each in page if since < each.created_at <= now - GRACE]
        stopped_at: str | None = None
        for number, upload in enumerate(to_look_up):
            if number and time.monotonic() > end:  # one a call at least, or it would end nowhere
                stopped_at = upload.object.name
                break
            self._take_or_leave(upload, left, now)
        left.tell()
        if stopped_at is None and len(page) < MOST_UPLOADS:
            looked_since = min(began, left.since or began)
            ended = {"round_began": None, "left_since": None, "last_round_began": looked_since}
            self._note(uploads_from="", **ended)
            return False
        if stopped_at is None:
            last = page[-1].object.name
            # Its other generations may come behind it, unless nothing else was on the page.
            start = last if last != before.uploads_from else f"{last}\0"
        self._note(uploads_from=stopped_at or start, round_began=began, left_since=left.since)
        return stopped_at is None

    def ask_for_abandoned(self) -> None:
        """Sends the request again of scans that nobody works on and nobody has been asked to."""
        for status, patience in ABANDONED.items():
            since = datetime.now(UTC) - patience
            for scan_id, scan in self.scans.oldest(status, MOST_SCANS):  # type: ignore[arg-type]
                if scan.updated_at > since:
                    continue
                if request := self.scans.ask_again(scan_id, since, by="sweep"):
                    self.publisher.publish(request)
                    logger.warning("a scan was abandoned", extra={"scanId": scan_id})

    def ask_for_rereads(self) -> None:
        """Sends the request again of further readings that nobody has come to for a day."""
        since = datetime.now(UTC) - ABANDONED["queued"]
        for request in self.rereads.abandoned(since, MOST_REREADS):
            self.publisher.publish(request)
            logger.warning("a further reading was abandoned", extra={"scanId": request.scan_id})

    def send_orders(self) -> None:
        """Has results filed that wait for the archive, or that nobody has come to."""
        self.filing.send_overdue(MOST_ORDERS)

    def _take(self, labels: Iterable[Snapshot]) -> list[Snapshot]:
        """Handles labels, the oldest first; returns those that could not be, and are left."""
        end = time.monotonic() + LONGEST_SECONDS
        left = []
        for label in labels:
            scan_id = paths.scan_of(label.path)
            try:
                if time.monotonic() > end:
                    raise RetryableError("busy", "There is more than one call can do.")
                if handle(scan_id, label, self.labels, self.studies, self.filing):
                    logger.warning("a label had no event", extra={"scanId": scan_id})
            except PermanentError as error:
                about = {"code": error.code, "scanId": scan_id, "labelId": label.id}
                logger.error("label given up: %s", error.message, extra=about)
            except RetryableError as error:
                logger.warning("label left: %s", error.message, extra={"scanId": scan_id})
                left.append(label)
        return left

    def _was_missed(self, label: Snapshot) -> bool:
        scan_id = paths.scan_of(label.path)
        return not self.labels.is_handled(scan_id, label) and self.scans.get(scan_id) is not None

    def _take_or_leave(self, upload: Upload, left: "_Left", now: datetime) -> None:
        try:
            self._take_upload(upload)
        except NoSecretError as error:
            left.add(upload, error)
        except RetryableError as error:
            if upload.created_at > now - TRIED_FOR:
                left.add(upload, error)
        except PermanentError as error:
            logger.error("upload given up: %s", error.message, extra={"code": error.code})

    def _take_upload(self, upload: Upload) -> None:
        stored = upload.object
        if not paths.is_scan(stored.name):
            return
        key = paths.scan_id(stored.bucket, stored.name, stored.generation)
        if self.scans.get(key) or self.scans.is_forgotten(key) or self.gathering.has(key):
            return
        resource = {**stored.model_dump(), "metadata": upload.metadata}
        on_scan_uploaded(resource, self.scans, self.publisher, self.gathering)
        logger.warning("an upload had no event", extra={"scanId": key})

    @property
    def _progress(self) -> Reconciled:
        return self.progress.get() or Reconciled()

    def _note(self, **changes: Any) -> None:
        self.progress.change(
            lambda known: Change((known or Reconciled()).model_copy(update=changes)),
            busy="Another sweep is going on.",
        )


class _Left:
    """Uploads that could not be taken; `since` is when the oldest of them came."""

    def __init__(self, since: datetime | None) -> None:
        self.since = since
        self._count = 0
        self._why = ""

    def add(self, upload: Upload, error: RetryableError) -> None:
        """Notes one more."""
        self.since = min(self.since or upload.created_at, upload.created_at)
        self._count, self._why = self._count + 1, error.message

    def tell(self) -> None:
        """Logs how many there are, if any, and what was wrong with the last."""
        if self._count:
            logger.warning("uploads left: %s", self._why, extra={"uploads": self._count})


def _saved(label: Snapshot) -> datetime:
    """Moment at which a label was saved, as it says itself."""
    moment = (label.fields or {}).get("createdAt")
    return moment if isinstance(moment, datetime) else _BEFORE_ANY
