"""Keys of studies and patients for scans that were read before there were any."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from google.cloud import storage

from discai.cloud import paths
from discai.cloud.database import Database, Query, Where
from discai.cloud.documents import Change
from discai.cloud.environment import (
    EnvironmentSettings,
    GoogleCloudProject,
    ResultsBucket,
    StudyKeysSecret,
)
from discai.cloud.firestore import FirestoreDatabase
from discai.cloud.labels import LabelRepository
from discai.cloud.objects import ObjectStore
from discai.cloud.opening import fetch, read_fetched
from discai.cloud.placing import facts_of, place_of
from discai.cloud.scans import ScanRepository
from discai.cloud.studies import StudyRepository
from discai.errors import DiscaiError, PermanentError
from discai.records.keys import Keys
from discai.records.scans import ScanRecord
from discai.records.states import SCAN
from discai.records.study import StudyOfScan
from discai.study import names_its_study, opened, sort_study

_CHANGING: Final = "This scan is changing right now; please try again."


class BackfillSettings(EnvironmentSettings):
    """The project whose scans get keys, and the secret that its worker has."""

    google_cloud_project: GoogleCloudProject
    results_bucket: ResultsBucket
    study_keys_secret: StudyKeysSecret


@dataclass(frozen=True)
class Backfilled:
    """One scan that had no place in a study.

    Attributes:
        place: that it has now, or would get; None where it can't have one.
        why: a sentence, where it can't.
    """

    scan_id: str
    place: StudyOfScan | None
    why: str = ""


class Backfill:
    """Opens the uploads of scans without a study as the worker does, and notes what it finds.

    Scans with a study are left as they are: so it may be stopped and called again at any time, also
    while workers read, people label, and another one of it goes on.
    """

    def __init__(
        self, database: Database, objects: ObjectStore, results_bucket: str, keys: Keys
    ) -> None:
        self._database = database
        self._objects = objects
        self._keys = keys
        self._scans = ScanRepository(database)
        labels = LabelRepository(database, objects, results_bucket)
        self._studies = StudyRepository(database, labels)

    @classmethod
    def connect(cls, settings: BackfillSettings) -> "Backfill":
        """With the real cloud, by Google's default credentials."""
        project = settings.google_cloud_project
        return cls(
            FirestoreDatabase.connect(project),
            ObjectStore(storage.Client(project)),
            settings.results_bucket,
            Keys(settings.study_keys_secret.get_secret_value()),
        )

    def without_study(self) -> list[str]:
        """Ids of the scans that were read and have no study, the oldest first.

        Raises `RetryableError` if Firestore does not answer.
        """
        return [scan_id for scan_id, key in self._done().items() if key is None]

    def mend_studies(self) -> int:
        """Works out each study that doesn't list a scan of its own; returns how many these were.

        A call that was cut off right after it had noted the place of a scan leaves such a study.
        """
        listed = {
            scan_id
            for found in self._database.find(Query(paths.STUDIES))
            for scan_id in (found.fields or {}).get("series", {})
        }
        keys = {key for scan_id, key in self._done().items() if key and scan_id not in listed}
        for key in sorted(keys):
            self._studies.refresh(key)
        return len(keys)

    def _done(self) -> dict[str, str | None]:
        """Keys of the studies of scans that were read, by the scans' ids, the oldest first."""
        done = Where("status", "==", SCAN["finish"].target)
        found = self._database.find(Query(paths.SCANS, done, order_by="createdAt"))
        places = {each.id: (each.fields or {}).get("study") for each in found}
        return {scan_id: place["studyKey"] if place else None for scan_id, place in places.items()}

    def run(self, scan_ids: list[str], *, dry_run: bool) -> Iterator[Backfilled]:
        """Gives each scan its place, or only says which that would be; one that fails is told of.

        Yields nothing for a scan that was forgotten, or got its place from another, meanwhile.
        """
        for scan_id in scan_ids:
            scan = self._scans.get(scan_id)
            if scan is None or scan.study is not None:
                continue
            try:
                place = self._place_of(scan)
                if dry_run or self._note(scan_id, place):
                    yield Backfilled(scan_id, place)
            except DiscaiError as error:
                yield Backfilled(scan_id, None, error.message)

    def _place_of(self, scan: ScanRecord) -> StudyOfScan:
        """Raises `PermanentError` as readers do: `object-gone`, `several-series`, …"""
        with tempfile.TemporaryDirectory() as folder:
            path = fetch(self._objects, scan.object, Path(folder))
            if not names_its_study(path):
                return place_of(scan, facts_of(read_fetched(path), path), None, self._keys)
            with opened(path) as files:
                series, *others = sort_study(files).series
                if others:
                    raise PermanentError(
                        "several-series",
                        f"Its file holds {1 + len(others)} series; upload it again to have each.",
                    )
                return place_of(scan, series.facts_by_scanner, series.identity, self._keys)

    def _note(self, scan_id: str, place: StudyOfScan) -> bool:
        """Writes the place, and works the study out; False if there is nothing to write to."""

        def placed(scan: ScanRecord | None) -> Change[ScanRecord] | None:
            if scan is None or scan.study is not None or self._scans.is_forgotten(scan_id):
                return None
            return Change(scan.model_copy(update={"study": place}))

        if self._scans.document(scan_id).change(placed, busy=_CHANGING) is None:
            return False
        self._studies.refresh(place.study_key)
        return True
