"""Labels of scans: exported as YOLO files, and what the scan itself says about them."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pydantic

from discai.cloud import paths
from discai.cloud.database import Database, Query, Write
from discai.cloud.documents import Change, event_line, settled
from discai.cloud.objects import ObjectStore, StoredFile
from discai.cloud.scans import ScanRepository
from discai.errors import PermanentError
from discai.records.labels import put_together
from discai.records.scans import Event, Label, LabelKind, Prediction, ScanRecord
from discai.records.verdict import verdict
from discai.records.worklist import search_terms
from discai.records.yolo import file_prefixes, label_files, parse_name

logger = logging.getLogger(__name__)

#: Metadata of the files that labels amount to: the bucket and name they were exported to. Files
#: without it were put there by somebody else, and copies have that of what they are copies of.
_EXPORTED_TO: Final = "exported-to"

_EVENT_KINDS: Final[dict[LabelKind, Any]] = {"correction": "corrected", "acceptance": "accepted"}


@dataclass(frozen=True)
class ScanLabels:
    """All labels of one scan by their ids, and the predictions they looked at by model version."""

    labels: dict[str, Label]
    predictions: dict[str, Prediction]


class LabelRepository:
    """Labels in Firestore and their files in the results bucket.

    Files and stamp are functions of all labels of a scan, whichever label's event asks for them.
    What is to be replaced is looked at before the labels are, and replaced only if it is still
    the same: so an event that comes late or together with others can't write what is older.
    """

    def __init__(self, database: Database, objects: ObjectStore, results_bucket: str) -> None:
        self._database = database
        self._objects = objects
        self._bucket = results_bucket
        self._scans = ScanRepository(database)

    def of_scan(self, scan_id: str) -> ScanLabels:
        """The scan's labels; one that nobody could use is logged and left out."""
        said = self._database.find(Query(paths.labels(scan_id)))
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
        return ScanLabels(labels, predictions)

    def export(self, scan_id: str) -> None:
        """Makes the scan's label files those that its labels amount to.

        Files that somebody else put there stay, unless a label has a file of that name or the scan
        is forgotten. Raises `RetryableError("busy")` if others keep changing them.
        """

        def attempt() -> bool | None:
            stored = self._stored_files(scan_id)
            known = self.of_scan(scan_id)
            wanted = {
                name: text.encode()
                for name, text in label_files(scan_id, known.labels, known.predictions).items()
            }
            if not self._scans.is_forgotten(scan_id):
                stored = {
                    name: file
                    for name, file in stored.items()
                    if name in wanted or is_exported(file.metadata, self._bucket, name)
                }
            if stored.keys() == wanted.keys() and all(
                self._is_export_of(data, stored[name], name) for name, data in wanted.items()
            ):
                return True
            self._replace(stored, wanted)
            return None

        settled(attempt, "The scan's label files are being written by others.")

    def stamp(self, scan_id: str) -> None:
        """Writes into the scan what its labels say together, and each save into its timeline.

        Raises `PermanentError("unknown-scan")`, and `RetryableError("busy")` if the scan keeps
        changing.
        """

        def stamped(scan: ScanRecord | None) -> Change[ScanRecord] | None:
            if scan is None:
                raise PermanentError("unknown-scan", "There is no such scan.")
            saves = put_together(self.of_scan(scan_id).labels)
            after = scan.model_copy(update=_stamp(saves, scan.search_terms))
            return None if after == scan else Change(after, _timeline(scan_id, saves))

        self._scans.document(scan_id).change(stamped, busy="The scan is changing right now.")

    def _stored_files(self, scan_id: str) -> dict[str, StoredFile]:
        found: dict[str, StoredFile] = {}
        for prefix in file_prefixes(scan_id):
            found |= self._objects.list_files(self._bucket, prefix)
        return {
            name: stored
            for name, stored in found.items()
            if (file := parse_name(name)) and file.scan_id == scan_id
        }

    def _replace(self, stored: dict[str, StoredFile], wanted: dict[str, bytes]) -> None:
        """One change after the other, up to the first that somebody else has made needless."""
        for name in stored.keys() - wanted.keys():
            if not self._objects.remove(self._bucket, name, stored[name].generation):
                return
        for name, data in wanted.items():
            seen = stored.get(name)
            if seen and self._is_export_of(data, seen, name):
                continue
            generation = seen.generation if seen else 0
            mark = {_EXPORTED_TO: _address(self._bucket, name)}
            if not self._objects.replace(self._bucket, name, data, "text/plain", mark, generation):
                return

    def _is_export_of(self, data: bytes, stored: StoredFile, name: str) -> bool:
        return stored.holds(data) and is_exported(stored.metadata, self._bucket, name)


def is_exported(metadata: Mapping[str, str] | None, bucket: str, name: str) -> bool:
    """Tell if the object of that name with this metadata is a label file that labels amount to."""
    return (metadata or {}).get(_EXPORTED_TO) == _address(bucket, name)


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
