"""One scan from its request to its stored prediction."""

import contextlib
import logging
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from discai.cloud.archived import ArchivedSlices
from discai.cloud.claim import Claim, HeldError, LeaseLostError
from discai.cloud.filing import FilingOrders
from discai.cloud.objects import ObjectStore
from discai.cloud.opening import fetch, read_fetched
from discai.cloud.paths import is_archived, is_slice_list, kept_scan, results_folder
from discai.cloud.placing import facts_of, place_of
from discai.cloud.rereading import OlderModelError, RereadClaim, RereadRepository
from discai.cloud.scans import ScanRepository
from discai.cloud.studies import StudyRepository
from discai.errors import PermanentError, RetryableError
from discai.pictures.rendering import Pictures
from discai.records.record import Failure
from discai.records.scans import InferenceRequest
from discai.records.states import is_unfinished
from discai.records.study import SeriesFacts, Split
from discai.scan import Scan, read_scan
from discai.scan.mha import encode_scan
from discai.study import Identity, Keys, NothingToReadError, names_its_study, opened, sort_study
from inference_service.artifacts import describe, store_artifacts
from inference_service.model import LoadedModel
from inference_service.reporter import Reporter
from inference_service.splitting import split

logger = logging.getLogger(__name__)

#: A lease is renewed this many times before it would run out.
_BEATS_PER_LEASE: Final = 4

#: Between two looks at another worker's lease, at least.
_GLANCE_SECONDS: Final = 0.05

#: The worker looks at the pointer every five seconds, and loads a model in about two.
_FOLLOW_SECONDS: Final = 15.0


#: A copied study brings such series along: that they aren't read is no failure.
_FOR_OTHERS: Final = ("not-sagittal", "unsupported-format")

AnyClaim = Claim | RereadClaim
"""What a scan's first or further reading is held by."""


class Model(Protocol):
    """Source of the predictor."""

    def get(self) -> LoadedModel:
        """The predictor, as soon as it is loaded."""

    def wait_for(self, version: str, seconds: float) -> None:
        """Gives that version time to come."""


class Worker:
    """Reads the scans that it is given, one at a time, and stores what it reads."""

    def __init__(
        self,
        scans: ScanRepository,
        rereads: RereadRepository,
        objects: ObjectStore,
        model: Model,
        *,
        studies: StudyRepository,
        keys: Keys,
        filing: FilingOrders | None = None,
        results_bucket: str,
        name: str,
        lease_seconds: float,
        archived: ArchivedSlices | None = None,
    ) -> None:
        self._studies = studies
        self._keys = keys
        self._filing = filing
        self._archived = archived
        self._scans = scans
        self._rereads = rereads
        self._objects = objects
        self._model = model
        self._results_bucket = results_bucket
        self._name = name
        self._beat_seconds = lease_seconds / _BEATS_PER_LEASE
        self._lock = threading.Lock()
        self._claim: AnyClaim | None = None
        self._stopping = threading.Event()

    def handle(self, request: InferenceRequest) -> None:
        """Reads the scan unless that is done already; ends with it `done` or `failed`.

        A scan that is to be read again keeps its state, whatever comes of it. Raises whatever
        prevented that and may pass; the scan is then back in the queue, or with another worker.
        Raises `PermanentError` if there is no such scan.
        """
        try:
            self._handle(request)
        except OlderModelError:
            # Where CPU is given to requests only, the model is loaded while one waits.
            self._model.wait_for(request.read_again_with or "", _FOLLOW_SECONDS)
            raise

    def _handle(self, request: InferenceRequest) -> None:
        if self._scans.is_forgotten(request.scan_id):
            # A worker that was cut off while it stored may have written after the removal, and
            # a caller that ordered another reading in that moment.
            self._objects.remove_all(self._results_bucket, results_folder(request.scan_id))
            if request.read_again_with:
                self._rereads.drop(request.scan_id, request.read_again_with)
            logger.info("forgotten", extra={"scanId": request.scan_id})
            return
        self._wait_for_archive(request)
        predictor = self._model.get()
        with self._claimed(request, predictor.model_version) as claim:
            if claim is None:
                logger.info("nothing left to do", extra={"scanId": request.scan_id})
            else:
                self._finish(claim, predictor)
        # Where there was nothing left to do, too: whoever did it may have died before this.
        self._studies.refresh_of(request.scan_id)
        if self._filing:
            self._filing.give(request.scan_id)

    def _wait_for_archive(self, request: InferenceRequest) -> None:
        """Raises `RetryableError` while the archive of a scan is away.

        Nobody begins with it then: a scan that was begun again and again is given up as one that
        breaks its readers.
        """
        if self._archived is None:
            return
        scan = self._scans.get(request.scan_id)
        if scan is None or not is_archived(scan.object.name):
            return
        if request.read_again_with or is_unfinished(scan):
            self._archived.archive.check()

    def _finish(self, claim: AnyClaim, predictor: LoadedModel) -> None:
        known = self._scans.prediction(claim.scan_id, predictor.model_version)
        if known is None:
            self._read(claim, predictor)
        else:
            claim.finish_again(known)
        logger.info("scan done", extra={"scanId": claim.scan_id})

    def _read(self, claim: AnyClaim, predictor: LoadedModel) -> None:
        timings: dict[str, datetime] = {}
        with Reporter(claim, self._beat_seconds) as report, tempfile.TemporaryDirectory() as folder:
            report("reading", 0, 1)
            started = time.monotonic()
            path = fetch(self._objects, claim.scan.object, Path(folder), self._archived)
            scan = self._opened(claim, path)
            timings["read"] = datetime.now(UTC)
            if scan is None:
                return
            read_seconds = time.monotonic() - started
            self._keep(claim, scan)

            reading = predictor.read(scan, report)
            reading = replace(reading, seconds={"read": read_seconds, **reading.seconds})
            timings["predicted"] = datetime.now(UTC)

            pictures = Pictures(scan, reading)
            artifacts = store_artifacts(
                self._objects,
                self._results_bucket,
                claim,
                scan,
                reading,
                pictures,
                lambda done, total: report("storing", done, total),
            )
            timings["stored"] = datetime.now(UTC)
        prediction = describe(
            scan,
            reading,
            pictures,
            artifacts,
            herniation_threshold=predictor.herniation_threshold,
        )
        claim.finish(prediction, list(scan.removed_tags), timings)

    def _keep(self, claim: AnyClaim, scan: Scan) -> None:
        """Keeps the voxels of a scan that lies in an archive, which retraining may not read from.

        What has no spacing isn't kept; retraining says that it can't learn from it.
        """
        if is_archived(claim.scan.object.name) and scan.spacing_mm is not None:
            name = kept_scan(claim.scan_id)
            data = encode_scan(scan)
            self._objects.write(
                self._results_bucket, name, data, "application/octet-stream", claim.check
            )

    def _opened(self, claim: AnyClaim, path: Path) -> Scan | None:
        """The scan of a file, its study noted; None for an archive that became several scans."""
        if not names_its_study(path):
            scan = read_scan(path)
            self._place(claim, facts_of(scan, path))
            return scan
        with opened(path) as files:
            try:
                study = sort_study(files)
            except NothingToReadError as error:
                if error.code not in _FOR_OTHERS or not isinstance(claim, Claim):
                    raise
                upload = claim.scan.object.name
                if not is_slice_list(upload):
                    raise
                claim.split(
                    Split(
                        series=[],
                        left_out=list(error.left_out),
                        warnings=[],
                        study_key=self._studies.key_of_slices(upload),
                    )
                )
                return None
            if len(study.series) == 1:
                (series,) = study.series
                self._place(claim, series.facts_by_scanner, series.identity)
                return study.only_scan()
            if isinstance(claim, Claim):
                claim.split(split(self._objects, claim, study, self._keys))
                return None
        return read_fetched(path)

    def _place(
        self, claim: AnyClaim, series: SeriesFacts, identity: Identity | None = None
    ) -> None:
        if isinstance(claim, Claim):
            claim.place(place_of(claim.scan, series, identity, self._keys))

    def stop(self) -> None:
        """Takes no more scans and hands the one at work back, whatever its reading is doing.

        The thread that reads it can't be interrupted; all that it still tries to write is refused.
        """
        self._stopping.set()
        with self._lock:
            claim = self._claim
        if claim is not None:
            _hand_back(claim, "The worker was stopped.")

    def _claim_of(self, request: InferenceRequest, serving: str) -> AnyClaim | None:
        if request.read_again_with is None:
            return self._scans.claim(request.scan_id, self._name)
        return self._rereads.claim(request.scan_id, request.read_again_with, serving, self._name)

    def _claim_when_free(self, request: InferenceRequest, serving: str) -> AnyClaim | None:
        """The hold on a scan, as soon as the lease of a dead worker has run out.

        To refuse the request would spend one of the attempts that Pub/Sub counts, and double the
        time until the next. Raises `HeldError` if the other worker renews its lease: it lives.
        """
        seen: datetime | None = None
        while True:
            with self._lock:
                if self._stopping.is_set():
                    raise RetryableError("stopping", "This worker is being stopped.")
                try:
                    self._claim = self._claim_of(request, serving)
                    return self._claim
                except HeldError as held:
                    if seen and held.until > seen:
                        raise
                    seen = held.until
            left = (seen - datetime.now(UTC)).total_seconds()
            self._stopping.wait(max(_GLANCE_SECONDS, min(left, 2 * self._beat_seconds)))

    @contextlib.contextmanager
    def _claimed(self, request: InferenceRequest, serving: str) -> Iterator[AnyClaim | None]:
        """The hold on a scan, ended in a way that fits what happened within."""
        claim = self._claim_when_free(request, serving)
        try:
            yield claim
        except LeaseLostError:
            raise
        except PermanentError as error:
            if claim is None:
                raise
            logger.info("scan failed", extra={"scanId": claim.scan_id, "code": error.code})
            claim.fail(Failure(code=error.code, message=error.message))
        except BaseException:
            if claim is not None:
                _hand_back(claim, "The reading broke off; it will be tried again.")
            raise
        finally:
            self._claim = None


def _hand_back(claim: AnyClaim, reason: str) -> None:
    try:
        claim.hand_back(reason)
    except RetryableError as error:
        # Finished or taken over in the same moment, or Firestore is away: then the lease runs out.
        logger.info("not handed back: %s", error.message, extra={"scanId": claim.scan_id})
