"""Step one of retraining: what reviewers have said of which scans, frozen at one moment.

Labels come from the scans' label documents; label files that were put there by hand or by an import
count where no document says as much, and those that can't be read are refused, by their names. What
the documents of one scan amount to is decided in `discai.records.verdict`; corrections that lie as
files win over acceptances, and of one kind documents win over files.
"""

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from google.cloud import storage
from pydantic import BaseModel, ConfigDict, field_serializer

from discai.anatomy import Level
from discai.cloud import paths
from discai.cloud.database import Database, Query
from discai.cloud.labels import LabelRepository, ScanLabels, is_exported, judged_lines
from discai.cloud.objects import ObjectStore
from discai.cloud.retrying import retryable
from discai.cloud.scans import ScanRepository
from discai.errors import PermanentError
from discai.records.gradings import LabelledGradings
from discai.records.scans import (
    LabelKind,
    LabelledBox,
    Prediction,
    ScanRecord,
    StoredObject,
)
from discai.records.verdict import verdict
from discai.records.yolo import CORRECTED, INITIAL, YoloBox, parse_name, parse_text

#: Of an author only this much of a hash is kept: enough to tell readers apart.
_AUTHOR_DIGITS: Final = 12

#: What to do about a label that was refused, by the code of the reason.
ADVICE: Final = {
    "bad-label-file": "Mend or remove the file; what is saved on the page counts by itself.",
    "no-outline": "A run that retrains the outlines learns from the box: ask an engineer for "
    "--retrain-segmentation.",
    "out-of-bounds": "Draw the box within the slice and save once more.",
    "two-levels": "Give the disc one level and save once more.",
    "two-discs": "Give the level to one disc and save once more.",
    "object-gone": "Upload the file again and label it there.",
    "evaluation-set": "Nothing is to be done: models are judged on it.",
    "copy-kept-back": "Nothing is to be done: the copy is what new models are checked against.",
    "patient-kept-back": "Nothing is to be done: new models are checked against the other scan.",
    "nothing-drawn": "If a disc is to be seen, draw it and save once more.",
}

log = logging.getLogger(__name__)

Boxes = dict[int, list[LabelledBox]]
"""By slice number, in pixels of the slice as shown."""


@dataclass(frozen=True)
class Refused:
    """Something that reviewers said and training can't use.

    Attributes:
        reason: a sentence, and `advice` another one: what a person can do about it.
    """

    scan_id: str
    reason: str
    advice: str = ""

    @classmethod
    def because(cls, scan_id: str, error: PermanentError) -> Self:
        """A refusal for that reason, with what can be done about it."""
        return cls(scan_id, error.message, ADVICE.get(error.code, ""))


class LabelledScan(BaseModel):
    """One scan with what its reviewers said, merged.

    Attributes:
        model_version: whose prediction the newest of them looked at.
        authors: hashes of their uids; none where only a file was there.
        slices: by slice number; an empty list says that no disc is to be seen there.
        keys: of its patient and study, as far as they are known.
        gradings: by level, those that count; files have none.
    """

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    scan_id: str
    object: StoredObject
    model_version: str
    source: LabelKind
    authors: list[str]
    labelled_at: datetime
    slices: dict[int, list[LabelledBox]]
    keys: frozenset[str] = frozenset()
    gradings: dict[Level, LabelledGradings] = {}

    @field_serializer("keys")
    def _in_order(self, keys: frozenset[str]) -> list[str]:
        """The same keys make the same digest."""
        return sorted(keys)


class Snapshot(BaseModel):
    """All labelled scans at the cutoff, in the order of their ids.

    Attributes:
        refused: label files that can't be read; what the documents of their scans say counts.
    """

    model_config = ConfigDict(frozen=True)

    cutoff: datetime
    scans: list[LabelledScan]
    refused: list[Refused] = []

    @property
    def digest(self) -> str:
        """`sha256:…` of what the snapshot says."""
        return f"sha256:{hashlib.sha256(self.model_dump_json().encode()).hexdigest()}"


def take_snapshot(
    database: Database, buckets: storage.Client, results_bucket: str, cutoff: datetime
) -> Snapshot:
    """Every scan that was labelled up to the cutoff."""
    labels = LabelRepository(database, ObjectStore(buckets), results_bucket)
    files = _label_files(buckets, results_bucket)
    found = []
    refused = []
    for scan_id, record in sorted(_labelled_scans(database, files), key=lambda each: each[0]):
        said = merge(scan_id, record, labels.of_scan(scan_id), cutoff)
        if said is None or said.source == "acceptance":
            winning = _winning(files.get(scan_id, []), said, cutoff)
            try:
                said = _from_files(database, scan_id, record, winning) or said
            except PermanentError as error:
                log.error("label file left out: %s", error.message, extra={"scanId": scan_id})
                refused.append(Refused.because(scan_id, error))
        if said is not None:
            found.append(said)
    return Snapshot(cutoff=cutoff, scans=found, refused=refused)


def merge(
    scan_id: str, record: ScanRecord, known: ScanLabels, cutoff: datetime
) -> LabelledScan | None:
    """Verdict of the labels of one scan up to the cutoff, None if there are none."""
    # The parts of one save have one moment, so it is whole or not there yet.
    labels = {key: label for key, label in known.labels.items() if label.created_at <= cutoff}
    counted = verdict(labels)
    if counted is None:
        return None
    return LabelledScan(
        scan_id=scan_id,
        object=record.object,
        model_version=counted.newest.model_version,
        source=counted.kind,
        authors=sorted(_hashed(label.author) for label in counted.labels),
        labelled_at=counted.newest.created_at,
        slices={int(number): boxes for number, boxes in counted.slices.items()},
        gradings=counted.gradings,
        keys=_keys_of(record),
    )


def _winning(files: list[Any], said: LabelledScan | None, cutoff: datetime) -> list[Any]:
    """The files that were put there by hand and win over what documents said.

    A correction's win over an acceptance; files after the cutoff wait for the next run.
    """
    by_hand = [
        blob for blob in files if not is_exported(blob.metadata, blob.bucket.name, blob.name)
    ]
    corrected = [blob for blob in by_hand if blob.name.startswith(f"{CORRECTED}/")]
    winning = corrected or ([] if said else by_hand)
    return winning if all(blob.updated <= cutoff for blob in winning) else []


def _from_files(
    database: Database, scan_id: str, record: ScanRecord, files: list[Any]
) -> LabelledScan | None:
    """The scan as label files of one kind describe it; None without files or a prediction.

    A class without a level takes that of the predicted disc whose middle is nearest. Raises
    `PermanentError("bad-label-file")`, which names the file.
    """
    if not files or (prediction := _prediction(database, scan_id, record)) is None:
        return None
    kind: LabelKind = "correction" if files[0].name.startswith(f"{CORRECTED}/") else "acceptance"
    slices: Boxes = {}
    for blob in files:
        number = parse_name(blob.name).slice  # type: ignore[union-attr]  # only label files come
        slices[prediction.key_slice if number is None else number] = _boxes(blob, kind, prediction)
    return LabelledScan(
        scan_id=scan_id,
        object=record.object,
        model_version=prediction.model_version,
        source=kind,
        authors=[],
        labelled_at=max(blob.updated for blob in files),
        slices=slices,
        keys=_keys_of(record),
    )


def _keys_of(record: ScanRecord) -> frozenset[str]:
    if record.study is None:
        return frozenset()
    keys = (record.study.patient_key, record.study.study_key)
    return frozenset(key for key in keys if key)


def _boxes(blob: Any, kind: LabelKind, prediction: Prediction) -> list[LabelledBox]:
    with retryable("Cloud Storage"):
        data = blob.download_as_bytes()
    try:
        boxes = parse_text(data.decode(), kind, prediction.slice_width, prediction.slice_height)
        # Whoever puts a file there answers for its lines, but for those that a copy calls unseen.
        unseen = {n for n, how in enumerate(judged_lines(blob.metadata)) if how == "unseen"}
        return [_labelled(box, prediction, n in unseen) for n, box in enumerate(boxes)]
    except UnicodeDecodeError:
        reason = "It is no text."
    except PermanentError as error:
        reason = error.message
    raise PermanentError("bad-label-file", f"{blob.name}: {reason}")


def _labelled(box: YoloBox, prediction: Prediction, unseen: bool) -> LabelledBox:
    level = box.level
    if level is None:
        if not prediction.discs:
            raise PermanentError("bad-label-file", "It names no levels, and no disc was found.")
        middle = box.x + box.width / 2, box.y + box.height / 2
        nearest = min(
            prediction.discs,
            key=lambda disc: (
                (disc.box.x + disc.box.width / 2 - middle[0]) ** 2
                + (disc.box.y + disc.box.height / 2 - middle[1]) ** 2
            ),
        )
        level = nearest.level  # type: ignore[assignment]  # a stored level is one of the five
    return LabelledBox(
        x=max(0.0, box.x),
        y=max(0.0, box.y),
        width=box.width,
        height=box.height,
        level=level,
        herniation=box.herniation,
        judged="unseen" if unseen else "confirmed",
    )


def _labelled_scans(
    database: Database, files: dict[str, list[Any]]
) -> list[tuple[str, ScanRecord]]:
    """Scans with labels, as their stamp says, and scans with label files."""
    found = database.find(Query(paths.SCANS, order_by="lastLabelAt"))
    known = {each.id for each in found}
    found += [database.get(paths.scan(scan_id)) for scan_id in sorted(files.keys() - known)]
    # The order leaves out scans that lack the field, not those where it is null.
    return [
        (each.id, ScanRecord.from_document(each.fields))
        for each in found
        if each.fields and (each.id in files or each.fields.get("lastLabelAt"))
    ]


def _label_files(buckets: Any, bucket: str) -> dict[str, list[Any]]:
    """The label files of each scan, as objects that are not read yet."""
    found: dict[str, list[Any]] = {}
    with retryable("Cloud Storage"):
        for folder in (CORRECTED, INITIAL):
            for blob in buckets.list_blobs(bucket, prefix=f"{folder}/"):
                if parsed := parse_name(blob.name):
                    found.setdefault(parsed.scan_id, []).append(blob)
    return found


def _prediction(database: Database, scan_id: str, record: ScanRecord) -> Prediction | None:
    if record.model_version is None:
        return None
    return ScanRepository(database).prediction(scan_id, record.model_version)


def _hashed(author: str) -> str:
    return hashlib.sha256(author.encode()).hexdigest()[:_AUTHOR_DIGITS]
