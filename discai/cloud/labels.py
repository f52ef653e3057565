"""Labels of scans: exported as YOLO files, and what the scan itself says about them."""

import logging
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pydantic

from discai.cloud import paths
from discai.cloud.database import Database, Put, Query, Snapshot, Where, Write
from discai.cloud.documents import Change, Document, event_line, settled
from discai.cloud.known_labels import KnownLabels
from discai.cloud.objects import ObjectStore, StoredFile
from discai.cloud.retraining import newest_cutoff
from discai.cloud.scans import ScanRepository
from discai.errors import PermanentError
from discai.records.labels import put_together
from discai.records.scans import (
    Event,
    HandledLabels,
    Label,
    LabelKind,
    Prediction,
    ScanRecord,
)
from discai.records.verdict import verdict
from discai.records.worklist import search_terms
from discai.records.yolo import file_prefixes, judged_in_files, label_files, parse_name

logger = logging.getLogger(__name__)

#: Metadata of the files that labels amount to: the bucket and name they were exported to. Files
#: without it were put there by somebody else, and copies have that of what they are copies of.
_EXPORTED_TO: Final = "exported-to"

#: Metadata of these files, too: by the line, how a person has judged the box, between blanks.
_JUDGED: Final = "judged"

#: Scans that share a turn: as many are handled at once in one process.
_TURNS: Final = 64

_CHANGING: Final = "The scan is changing right now."

_EVENT_KINDS: Final[dict[LabelKind, Any]] = {"correction": "corrected", "acceptance": "accepted"}


@dataclass(frozen=True)
class ScanLabels:
    """All labels of one scan by their ids, and the predictions they looked at by model version.

    Attributes:
        versions: of the labels' documents, also of those that nobody could use.
    """

    labels: dict[str, Label]
    predictions: dict[str, Prediction]
    versions: dict[str, datetime] = field(default_factory=dict)

    @property
    def until(self) -> datetime | None:
        """The moment up to which these are all labels; None if there are none."""
        return max(self.versions.values(), default=None)


class LabelRepository:
    """Labels in Firestore and their files in the results bucket.

    Files and stamp are functions of all labels of a scan, whichever label's event asks for them.
    What is to be replaced is looked at before the labels are, and replaced only if it is still
    the same: so an event that comes late or together with others can't write what is older.

    What one event has read, exported and stamped is noted, so that the events of other labels that
    were among it have nothing to do: a thousand labels of one scan are not read a thousand times.
    """

    def __init__(self, database: Database, objects: ObjectStore, results_bucket: str) -> None:
        self._database = database
        self._objects = objects
        self._bucket = results_bucket
        self._scans = ScanRepository(database)
        self._documents = KnownLabels(database)
        self._turns = tuple(threading.Lock() for _ in range(_TURNS))

    def turn(self, scan_id: str) -> AbstractContextManager[Any]:
        """A context in which no other thread handles labels of this scan.

        It spares work and guards nothing: other processes have turns of their own.
        """
        return self._turns[hash(scan_id) % _TURNS]

    def saved_since(self, moment: datetime, limit: int) -> list[Snapshot]:
        """Label documents of all scans that were saved after a moment, the oldest first."""
        newer = Where("createdAt", ">", moment)
        return self._database.find(
            Query(paths.LABELS, newer, order_by="createdAt", limit=limit, everywhere=True)
        )

    def behind(self, path: str, limit: int) -> list[Snapshot]:
        """Label documents of all scans by their paths: those behind one, or from the first."""
        return self._database.find(Query(paths.LABELS, limit=limit, everywhere=True, after=path))

    def is_handled(self, scan_id: str, label: Snapshot) -> bool:
        """Tell if a label of a scan was among those that were exported and stamped."""
        handled = self._handled(scan_id).get()
        return bool(handled and label.version and label.version <= handled.until)

    def label(self, scan_id: str, label_id: str) -> Snapshot:
        """The document of one label."""
        return self._database.get(paths.label(scan_id, label_id))

    def of_scan(self, scan_id: str) -> ScanLabels:
        """The scan's labels; one that nobody could use is logged and left out."""
        said = self._documents.of_scan(scan_id)
        versions_of = {each.id: each.version for each in said if each.version}
        stored = {each.id: each.fields or {} for each in said}
        versions = {label.get("modelVersion") for label in stored.values()}
        predictions = {
            each.id: Prediction.from_document(each.fields or {})
            for each in self._database.find(Query(paths.predictions(scan_id)))
            if each.id in versions
        }
        labels = {}
        for label_id, fields in stored.items():
            try:
                label = Label.from_document(fields)
            except pydantic.ValidationError as error:
                problem = str(error.errors(include_input=False, include_url=False))
            else:
                if label.model_version in predictions:
                    labels[label_id] = label
                    continue
                problem = "it names no prediction of this scan"
            logger.error(
                "a label is left out: %s", problem, extra={"scanId": scan_id, "labelId": label_id}
            )
        return ScanLabels(labels, predictions, versions_of)

    def export(self, scan_id: str) -> datetime | None:
        """Makes the scan's label files those that its labels amount to.

        Returns the moment up to which they comprise all labels; None if there are none. Files that
        somebody else put there stay, unless a label has a file of that name or the scan is
        forgotten. Raises `RetryableError("busy")` if others keep changing them.
        """

        def attempt() -> ScanLabels | None:
            stored = self._stored_files(scan_id)
            known = self.of_scan(scan_id)
            judged = judged_in_files(scan_id, known.labels, known.predictions)
            wanted = {
                name: _Export(text.encode(), " ".join(judged[name]))
                for name, text in label_files(scan_id, known.labels, known.predictions).items()
            }
            if not self._scans.is_forgotten(scan_id):
                stored = {
                    name: file
                    for name, file in stored.items()
                    if name in wanted or is_exported(file.metadata, self._bucket, name)
                }
            if stored.keys() == wanted.keys() and all(
                self._is_export_of(file, stored[name], name) for name, file in wanted.items()
            ):
                return known
            self._replace(stored, wanted)
            return None

        return settled(attempt, "The scan's label files are being written by others.").until

    def stamp(self, scan_id: str, exported_until: datetime | None = None) -> None:
        """Writes into the scan what its labels say together, and each save into its timeline.

        With `exported_until`, as `export` returned it, the labels up to then are noted as handled.
        Raises `PermanentError("unknown-scan")`, and `RetryableError("busy")` if the scan keeps
        changing.
        """
        document = self._scans.document(scan_id)
        cutoff = newest_cutoff(self._database)

        def stamped(scan: ScanRecord | None) -> Change[ScanRecord] | None:
            if scan is None:
                raise PermanentError("unknown-scan", "There is no such scan.")
            handled = self._handled(scan_id).get()
            known = self.of_scan(scan_id)
            saves = put_together(known.labels)
            after = scan.model_copy(update=_stamp(saves, scan.search_terms))
            also: list[Write] = []
            if exported_until and (handled is None or handled.until < exported_until):
                note = HandledLabels(until=exported_until).to_document()
                also.append(Put(self._handled(scan_id).path, note))
            if after != scan:
                after = after.model_copy(update={"late_label_at": _late(after, cutoff)})
                new = [key for key in saves if not handled or known.versions[key] > handled.until]
                also += _timeline(scan_id, {key: saves[key] for key in new})
            return Change(after, also) if also or after != scan else None

        stored = document.change(stamped, busy=_CHANGING)
        # A run that began between the look at the cutoff and the write has not counted this one.
        newest = newest_cutoff(self._database)
        if stored and newest and newest != cutoff and stored.version > newest:
            document.change(lambda scan: _counted_later(scan, newest), busy=_CHANGING)

    def _handled(self, scan_id: str) -> Document[HandledLabels]:
        return Document(self._database, paths.handled_labels(scan_id), HandledLabels)

    def _stored_files(self, scan_id: str) -> dict[str, StoredFile]:
        found: dict[str, StoredFile] = {}
        for prefix in file_prefixes(scan_id):
            found |= self._objects.list_files(self._bucket, prefix)
        return {
            name: stored
            for name, stored in found.items()
            if (file := parse_name(name)) and file.scan_id == scan_id
        }

    def _replace(self, stored: dict[str, StoredFile], wanted: dict[str, "_Export"]) -> None:
        """One change after the other, up to the first that somebody else has made needless."""
        for name in stored.keys() - wanted.keys():
            if not self._objects.remove(self._bucket, name, stored[name].generation):
                return
        for name, file in wanted.items():
            seen = stored.get(name)
            if seen and self._is_export_of(file, seen, name):
                continue
            generation = seen.generation if seen else 0
            mark = {_EXPORTED_TO: _address(self._bucket, name), _JUDGED: file.judged}
            if not self._objects.replace(
                self._bucket, name, file.data, "text/plain", mark, generation
            ):
                return

    def _is_export_of(self, file: "_Export", stored: StoredFile, name: str) -> bool:
        return (
            stored.holds(file.data)
            and is_exported(stored.metadata, self._bucket, name)
            and stored.metadata.get(_JUDGED, "") == file.judged
        )


@dataclass(frozen=True)
class _Export:
    """A label file as it shall be, and how its lines were judged."""

    data: bytes
    judged: str


def is_exported(metadata: Mapping[str, str] | None, bucket: str, name: str) -> bool:
    """Tell if the object of that name with this metadata is a label file that labels amount to."""
    return (metadata or {}).get(_EXPORTED_TO) == _address(bucket, name)


def judged_lines(metadata: Mapping[str, str] | None) -> list[str]:
    """Judgement of each line of a label file, by its metadata; empty if unsaid."""
    return (metadata or {}).get(_JUDGED, "").split()


def _address(bucket: str, name: str) -> str:
    return f"{bucket}/{name}"


def _stamp(saves: dict[str, Label], known_terms: list[str]) -> dict[str, Any]:
    counted = verdict(saves)
    authors = sorted({label.author_email for label in saves.values()})
    return {
        "last_label_at": max((label.created_at for label in saves.values()), default=None),
        "label_kind": counted and counted.kind,
        "labelled_by": authors,
        "label_count": len(saves),
        "search_terms": sorted({*known_terms, *search_terms(*authors)}),
    }


def _late(scan: ScanRecord, cutoff: datetime | None) -> datetime | None:
    """Moment to count the scan by if a run has counted up to a moment after its newest label."""
    if cutoff is None or scan.last_label_at is None or scan.last_label_at > cutoff:
        return None
    # By a clock that is behind the database's it would be missed again.
    return max(datetime.now(UTC), cutoff + timedelta(microseconds=1))


def _counted_later(scan: ScanRecord | None, cutoff: datetime) -> Change[ScanRecord] | None:
    if scan is None or (late := _late(scan, cutoff)) is None:
        return None
    return Change(scan.model_copy(update={"late_label_at": late}))


def _timeline(scan_id: str, saves: dict[str, Label]) -> list[Write]:
    """A line for each save; one that was written before is the same again."""
    return [
        event_line(
            scan_id,
            f"label-{first_part}",
            Event(kind=_EVENT_KINDS[label.kind], at=label.created_at, by=label.author_email),
        )
        for first_part, label in saves.items()
    ]
