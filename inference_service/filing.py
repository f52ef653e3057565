"""Results of a study on their way into the archive: one order, from its request to its end."""

import contextlib
import logging
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol

from discai.cloud.archived import ArchivedSlices
from discai.cloud.claim import LeaseLostError
from discai.cloud.dicomweb import Instance, Refusal, StoreAnswer
from discai.cloud.filing import FilingClaim, FilingRepository, SeriesToFile
from discai.cloud.labels import LabelRepository
from discai.cloud.objects import ObjectStore
from discai.cloud.scans import ScanRepository
from discai.errors import PermanentError, RetryableError
from discai.export.uids import ResultUids
from discai.records.filing import Filed, Filing, FilingRequest, FilingState, SeriesFiling
from discai.records.record import Failure
from discai.records.scans import ScanRecord
from discai.study import Keys
from inference_service.reporter import Reporter
from inference_service.results import NO_RESULTS, Result, SeriesResults, read_series
from inference_service.said import Said, verdict_on

logger = logging.getLogger(__name__)

#: A lease is renewed this many times before it would run out.
_BEATS_PER_LEASE: Final = 4

_UNREVIEWED: Final = SeriesFiling(state="unreviewed")
_FILED: Final = SeriesFiling(state="filed")


class Archive(Protocol):
    """The archive that a hospital keeps its studies in."""

    def instances(self, study: str, series: str) -> Sequence[Instance]:
        """All files of a series."""

    def store(self, files: Iterable[bytes]) -> StoreAnswer:
        """Stores files, also such that it has already; raises `DiscaiError`."""


class Filer:
    """Carries out the orders that it is given, one at a time."""

    def __init__(
        self,
        orders: FilingRepository,
        scans: ScanRepository,
        labels: LabelRepository,
        objects: ObjectStore,
        archive: Archive,
        *,
        keys: Keys,
        filing: Filing,
        results_bucket: str,
        name: str,
        lease_seconds: float,
        archived: ArchivedSlices | None = None,
    ) -> None:
        self._archived = archived
        self._orders = orders
        self._scans = scans
        self._labels = labels
        self._objects = objects
        self._archive = archive
        self._keys = keys
        self._filing = filing
        self._results_bucket = results_bucket
        self._name = name
        self._beat_seconds = lease_seconds / _BEATS_PER_LEASE
        self._lock = threading.Lock()
        self._claim: FilingClaim | None = None
        self._stopping = threading.Event()

    def handle(self, request: FilingRequest) -> None:
        """Files what there is of a study and isn't filed, series by series.

        What may pass, such as an archive that doesn't answer, is noted, and the order waits: no
        delivery of the request is spent on it. Raises `HeldError` while another worker is at it.
        """
        key = request.study_key
        with self._claimed(key) as claim:
            if claim is None:
                logger.info("nothing left to file", extra={"studyKey": key})
                return
            with Reporter(claim, self._beat_seconds):
                for series in self._orders.series_of(key):
                    self._look_at(claim, series)
            claim.finish()

    def stop(self) -> None:
        """Takes no more orders and hands the one at work back."""
        self._stopping.set()
        with self._lock:
            claim = self._claim
        if claim is not None:
            _hand_back(claim)

    def _look_at(self, claim: FilingClaim, series: SeriesToFile) -> None:
        scan_id = series.scan_id
        said = self._said(series)
        if said is None:
            claim.note(scan_id, _UNREVIEWED)
            return
        if not said.missing_in(claim.order.filed):
            claim.note(scan_id, _FILED)
            return
        try:
            self._file(claim, series.scan, said)
        except PermanentError as error:
            state: FilingState = "nothing" if error.code == NO_RESULTS else "refused"
            reason = Failure(code=error.code, message=error.message)
            claim.note(scan_id, SeriesFiling(state=state, reason=reason))
            logger.info("results not filed", extra={"scanId": scan_id, "code": error.code})

    def _said(self, series: SeriesToFile) -> Said | None:
        """The answer that is to be filed of a series; None where that waits for a reviewer."""
        given = verdict_on(self._labels.of_scan(series.scan_id).labels)
        if given is None and self._filing == "reviewed":
            return None
        return Said(series.scan_id, series.scan.model_version or "", given, series.earlier)

    def _file(self, claim: FilingClaim, scan: ScanRecord, said: Said) -> None:
        prediction = self._scans.prediction(said.scan_id, said.model_version)
        if prediction is None:
            raise PermanentError(NO_RESULTS, "There is no prediction of this series any more.")
        series = read_series(self._objects, self._results_bucket, scan, prediction, self._archived)
        sent = [each for each in claim.order.sending if each.of == said.scan_id]
        found = self._found(series, [each for each in sent if not said.is_in(each)])
        known = [*claim.order.filed, *found]
        predecessor = self._predecessor(series, said, said.report_before(known))
        missing = said.missing_in(known)
        results = [each for each in series.make(said.verdict, predecessor) if each.kind in missing]
        entries = {each.uid: self._entry(each, said) for each in results}
        claim.note_sending(said.scan_id, list(entries.values()), found)
        claim.check()
        stored = self._archive.store([each.file for each in results])
        filed = [entries[uid] for uid in stored.accepted if uid in entries]
        claim.note(said.scan_id, _outcome(stored.refused, entries), filed)
        kinds = [each.kind for each in filed]
        logger.info("results filed", extra={"scanId": said.scan_id, "kinds": kinds})

    def _found(self, series: SeriesResults, sent: Sequence[Filed]) -> list[Filed]:
        """Results that said something else, and that the archive has taken without our knowing."""
        there = []
        for each in sent:
            uids = series.uids(each.kind, each.model_version, each.label)
            listed = self._archive.instances(series.source.study, uids.series)
            if uids.instance in {instance.uid for instance in listed}:
                there.append(each)
        return there

    def _predecessor(
        self, series: SeriesResults, said: Said, report: Filed | None
    ) -> ResultUids | None:
        """UIDs of a report that was filed; None if the archive hasn't got it any more.

        That of fewer slices can't be known from these: the archive has it under a key that we know.
        """
        if report is None:
            return None
        uids = series.uids("SR", report.model_version, report.label)
        if report.of == said.scan_id:
            return uids
        listed = self._archive.instances(series.source.study, uids.series)
        same = [each.uid for each in listed if self._keys.of_instance(each.uid) == report.uid]
        return ResultUids(uids.series, same[0]) if same else None

    def _entry(self, result: Result, said: Said) -> Filed:
        return Filed(
            kind=result.kind,
            uid=self._keys.of_instance(result.uid),
            at=datetime.now(UTC),
            of=said.scan_id,
            model_version=said.model_version,
            label=None if result.kind == "SEG" else said.label,
        )

    @contextlib.contextmanager
    def _claimed(self, key: str) -> Iterator[FilingClaim | None]:
        """The hold on an order, ended in a way that fits what happened within."""
        with self._lock:
            if self._stopping.is_set():
                raise RetryableError("stopping", "This worker is being stopped.")
            claim = self._claim = self._orders.claim(key, self._name)
        try:
            yield claim
        except LeaseLostError:
            raise
        except RetryableError as error:
            if claim is None:
                raise
            logger.warning("filing waits: %s", error.message, extra={"studyKey": key})
            claim.postpone(Failure(code=error.code, message=error.message))
        except BaseException:
            if claim is not None:
                _hand_back(claim)
            raise
        finally:
            self._claim = None


def _outcome(refused: Sequence[Refusal], entries: Mapping[str, Filed]) -> SeriesFiling:
    if not refused:
        return _FILED
    kinds = " and ".join(entries[each.uid].kind for each in refused if each.uid in entries)
    code = refused[0].code
    reason = "" if code is None else f" (its reason: {code:04X})"
    return SeriesFiling(
        state="refused",
        reason=Failure(
            code="archive-refused", message=f"The archive does not take the {kinds}{reason}."
        ),
    )


def _hand_back(claim: FilingClaim) -> None:
    try:
        claim.hand_back()
    except RetryableError as error:
        # Finished or taken over in the same moment, or Firestore is away: then the lease runs out.
        logger.info("not handed back: %s", error.message, extra=claim.about)
