"""Studies: what all series of one visit say together, `studies/{studyKey}`."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from discai.cloud import paths
from discai.cloud.database import Database, Delete, Query, Where, Write
from discai.cloud.documents import Document, commit_as_seen
from discai.cloud.labels import LabelRepository
from discai.cloud.scans import ScanRepository
from discai.records.combination import combine
from discai.records.places import ReadSeries
from discai.records.scans import ScanRecord
from discai.records.slices import Gather
from discai.records.studies import SeriesOfStudy, StudyRecord
from discai.records.study import LeftOut
from discai.records.verdict import answers_of, verdict

_CHANGING: Final = "The study is changing right now."


class StudyRepository:
    """Studies in Firestore, each made of its scans as they are.

    A study is worked out whole whenever one of its series ends or is labelled, and written on
    condition that nobody else has written it since the look at its scans: so neither the order of
    these moments changes anything, nor their coming twice.
    """

    def __init__(self, database: Database, labels: LabelRepository) -> None:
        self._database = database
        self._labels = labels
        self._scans = ScanRepository(database)

    def get(self, key: str) -> StudyRecord | None:
        """The study, or None if nobody knows any series of it."""
        return self._document(key).get()

    def refresh_of(self, scan_id: str) -> None:
        """Makes the study of a scan what its series say; nothing without a scan or a study.

        Raises `RetryableError("busy")` if others keep changing it.
        """
        scan = self._scans.get(scan_id)
        if scan and scan.study_key:
            self.refresh(scan.study_key)

    def key_of_slices(self, slice_list: str) -> str | None:
        """Key of the study that the loose slices of a list, by its name, say to be of, if any."""
        gather = Document(self._database, paths.gather(paths.gather_of(slice_list)), Gather).get()
        return gather.study_key if gather else None

    def refresh(self, key: str) -> None:
        """Makes a study what its series say, and removes one without any.

        Raises `RetryableError("busy")` if others keep changing it.
        """
        document = self._document(key)

        def attempt() -> tuple[None, list[Write]]:
            seen = document.read()
            record = self._made_of(key, seen.record if seen else None)
            if record is None:
                return None, [Delete(document.path, seen.version)] if seen else []
            if seen and record == seen.record:
                return None, []
            return None, [document.to_write(seen, record)]

        commit_as_seen(self._database, attempt, _CHANGING)

    def _document(self, key: str) -> Document[StudyRecord]:
        return Document(self._database, paths.study(key), StudyRecord)

    def _made_of(self, key: str, before: StudyRecord | None) -> StudyRecord | None:
        found = self._database.find(Query(paths.SCANS, Where("study.studyKey", "==", key)))
        scans = {
            each.id: ScanRecord.from_document(each.fields or {})
            for each in found
            if not self._scans.is_forgotten(each.id)
        }
        series = {
            scan_id: SeriesOfStudy(
                **scan.study.series.model_dump(),
                status=scan.status,
                file_name=scan.file_name,
                key_slice=scan.key_slice,
                created_at=scan.created_at,
                superseded_by=scan.superseded_by,
            )
            for scan_id, scan in sorted(scans.items())
            if scan.study
        }
        if not series:
            return None
        counted = {
            scan_id: scan for scan_id, scan in scans.items() if not self._is_replaced(scan, scans)
        }
        answer = combine(filter(None, (self._read(*scan) for scan in counted.items())))
        said = self._said(scans)
        now = datetime.now(UTC)
        keys = [scan.study.patient_key for scan in scans.values() if scan.study]
        return StudyRecord(
            patient_key=next(filter(None, keys), None),
            created_at=min(scan.created_at for scan in scans.values()),
            updated_at=before.updated_at if before else now,
            series=series,
            left_out=self._left_out(key, scans),
            discs=[
                disc.model_copy(update={"verdict": said.get(disc.level)}) for disc in answer.discs
            ],
            warnings=answer.warnings,
        )

    def _is_replaced(self, scan: ScanRecord, scans: Mapping[str, ScanRecord]) -> bool:
        """Tell if a later scan of its slices, or a series that one became, has been read."""
        for later in self._later(scan, scans):
            became = [scans.get(each.scan_id) for each in later.split.series] if later.split else []
            if any(each and each.status == "done" for each in (later, *became)):
                return True
        return False

    def _later(self, scan: ScanRecord, scans: Mapping[str, ScanRecord]) -> Iterator[ScanRecord]:
        """Scans of the same loose slices and more that came after it, one after the other."""
        followed: set[str] = set()
        while scan.superseded_by and scan.superseded_by not in followed:
            followed.add(scan.superseded_by)
            later = scans.get(scan.superseded_by) or self._scans.get(scan.superseded_by)
            if later is None:
                return
            yield later
            scan = later

    def _read(self, scan_id: str, scan: ScanRecord) -> ReadSeries | None:
        """All that one scan says; None where it is not read."""
        if scan.status != "done" or scan.study is None or scan.model_version is None:
            return None
        prediction = self._scans.prediction(scan_id, scan.model_version)
        if prediction is None:
            return None
        return ReadSeries(
            scan_id,
            scan.study.series.number,
            prediction.discs,
            prediction.herniation_threshold,
            scan.study.series.sequence,
            scan.study.frame_key,
        )

    def _said(self, scans: Mapping[str, ScanRecord]) -> dict[str, bool]:
        """Answers of reviewers by level: herniated if it is so in any series."""
        said: dict[str, bool] = {}
        for scan_id, scan in scans.items():
            if scan.status != "done":
                continue
            counted = verdict(self._labels.of_scan(scan_id).labels)
            for level, herniation in answers_of(counted).items() if counted else ():
                said[level] = said.get(level, False) or herniation
        return said

    def _left_out(self, key: str, scans: Mapping[str, ScanRecord]) -> list[LeftOut]:
        """All that lay beside the series: in the archives that they came in, or as loose slices.

        What a later list of the same slices says counts instead of what an earlier one said.
        """
        loose = self._database.find(Query(paths.SCANS, Where("split.studyKey", "==", key)))
        uploads: dict[str, ScanRecord | None] = {
            each.id: ScanRecord.from_document(each.fields or {}) for each in loose
        }
        for scan in scans.values():
            if scan.study and (parent := scan.study.parent) and parent not in uploads:
                uploads[parent] = self._scans.get(parent)
        things: Counter[tuple[str, str]] = Counter()
        for scan_id, upload in uploads.items():
            if upload is None or upload.split is None or self._scans.is_forgotten(scan_id):
                continue
            if not any(later.status in ("done", "split") for later in self._later(upload, scans)):
                for thing in upload.split.left_out:
                    things[thing.what, thing.reason] += thing.count
        return [
            LeftOut(what=what, reason=reason, count=count)
            for (what, reason), count in sorted(things.items())
        ]
