"""Account of uploads and labels that people were told are safe."""

import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from google.api_core.exceptions import AlreadyExists, GoogleAPIError
from google.cloud import firestore

from discai.anatomy import LEVELS
from discai.cloud import paths
from discai.records.states import SCAN_ENDS
from discai.records.yolo import parse_text
from tests.support.local_cloud import LocalCloud

#: An upload or a label is stuck if its end hasn't come so long after the last fault.
PATIENCE_SECONDS: Final = 300.0
_SAVE_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 1.0


@dataclass
class Balance:
    """Sentences about everything that went wrong, by kind; all empty where nothing did."""

    lost: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{len(self.lost)} lost, {len(self.stuck)} stuck, "
            f"{len(self.doubled)} doubled, {len(self.left_over)} left over"
        )

    @property
    def sentences(self) -> list[str]:
        """All of them."""
        return [*self.lost, *self.stuck, *self.doubled, *self.left_over]


class Ledger:
    """Uploads and labels that the cloud has acknowledged.

    Attributes:
        uploads: object names by scan id.
        labels: the boxes of each saved label, by scan id, in the order of their saves.
        refused: count of uploads and labels that failed with an error, which people try again.
        unsure: scans of which a refused label may have been saved after all.
    """

    def __init__(self) -> None:
        self.uploads: dict[str, str] = {}
        self.labels: dict[str, list[list[dict[str, Any]]]] = {}
        self.refused = 0
        self.unsure: set[str] = set()

    def upload(self, cloud: LocalCloud, path: Path, name: str) -> str | None:
        """Put a file into the uploads bucket; the scan's id, or None if that was refused."""
        try:
            scan_id = cloud.put(path, name)
        except (GoogleAPIError, OSError):
            self.refused += 1
            return None
        self.uploads[scan_id] = name
        return scan_id

    def save_label(self, cloud: LocalCloud, scan_id: str) -> None:
        """Correct a scan that is done: L4-L5 becomes what it wasn't in the last label."""
        saved = self.labels.get(scan_id, [])
        try:
            (prediction,) = cloud.predictions(scan_id)
            boxes = _corrected(prediction, herniated=len(saved) % 2 == 0)
            label = {
                "kind": "correction",
                "slices": {str(prediction["keySlice"]): boxes},
                "author": "faults",
                "authorEmail": cloud.email,
                "modelVersion": prediction["modelVersion"],
                "createdAt": firestore.SERVER_TIMESTAMP,
            }
            _create(cloud, paths.label(scan_id, uuid.uuid4().hex), label)
        except (GoogleAPIError, OSError):
            self.refused += 1
            self.unsure.add(scan_id)
            return
        self.labels.setdefault(scan_id, []).append(boxes)

    def balance(self, cloud: LocalCloud) -> Balance:
        """Wait until everything has its end, and look whether it is there, once and whole."""
        found = Balance()
        deadline = time.monotonic() + PATIENCE_SECONDS
        for scan_id, name in self.uploads.items():
            while not (ended := _has_ended(cloud, scan_id, len(self.labels.get(scan_id, [])))):
                if time.monotonic() > deadline:
                    break
                time.sleep(_POLL_SECONDS)
            if not ended:
                _tell_unfinished(found, name, cloud.scan(scan_id), self.labels.get(scan_id, []))
                continue
            self._check_scan(found, cloud, scan_id)
        by_name = Counter(
            scan.get("object.name")
            for scan in cloud.firestore.collection(paths.SCANS).select(["object.name"]).stream()
        )
        found.doubled += [
            f"{name}: {by_name[name]} scans" for name in self.uploads.values() if by_name[name] > 1
        ]
        return found

    def _check_scan(self, found: Balance, cloud: LocalCloud, scan_id: str) -> None:
        name, scan = self.uploads[scan_id], cloud.scan(scan_id)
        if scan["status"] != "done":
            found.lost.append(f"{name}: {scan['status']}, {scan['error']}")
            return
        predictions = cloud.predictions(scan_id)
        if not predictions:
            found.lost.append(f"{name}: its prediction")
            return
        if len(predictions) > 1:
            found.doubled.append(f"{name}: {len(predictions)} predictions")
        results = cloud.storage.bucket(cloud.environment["RESULTS_BUCKET"])
        stored = list(results.list_blobs(prefix=paths.results_folder(scan_id)))
        expected = set(filter(None, predictions[0]["artifacts"].values()))
        missing = expected - {blob.name for blob in stored}
        if missing or any(blob.size == 0 for blob in stored):
            found.lost.append(f"{name}: {len(missing)} artifacts are missing")
        if extra := {blob.name for blob in stored} - expected:
            found.left_over.append(f"{name}: {len(extra)} artifacts too many, {min(extra)}")
        if labels := self.labels.get(scan_id):
            file = results.get_blob(f"user_corrected_labels/overlay_{scan_id}.txt")
            if file is None:
                found.lost.append(f"{name}: its label has no file")
                return
            size = predictions[0]["sliceWidth"], predictions[0]["sliceHeight"]
            written = parse_text(file.download_as_text(), "correction", *size)
            newest = [_answer(box) for box in labels[-1]]
            if scan_id not in self.unsure and _answers(written) != newest:
                found.lost.append(f"{name}: its label's file is of an older label")


def _corrected(prediction: dict[str, Any], *, herniated: bool) -> list[dict[str, Any]]:
    key = str(prediction["keySlice"])
    return [
        {
            **disc["boxes"][key],
            "level": disc["level"],
            "herniation": herniated and disc["level"] == "L4-L5",
        }
        for disc in prediction["discs"]
        if key in disc["boxes"] and disc["level"] in LEVELS
    ]


def _create(cloud: LocalCloud, path: str, document: dict[str, Any]) -> None:
    """Create a document, however often the database must be asked."""
    deadline = time.monotonic() + _SAVE_SECONDS
    while True:
        try:
            cloud.firestore.document(path).create(document, timeout=10)
        except AlreadyExists:
            return
        except GoogleAPIError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_POLL_SECONDS)
        else:
            return


def _has_ended(cloud: LocalCloud, scan_id: str, labels: int) -> bool:
    scan = cloud.scan(scan_id)
    counted = scan.get("labelCount") or 0
    return scan.get("status") in SCAN_ENDS and not scan.get("lease") and counted >= labels


def _tell_unfinished(
    found: Balance, name: str, scan: dict[str, Any], labels: list[list[dict[str, Any]]]
) -> None:
    if not scan:
        found.lost.append(f"{name}: there is no scan")
    elif scan["status"] in SCAN_ENDS and not scan.get("lease"):
        found.lost.append(f"{name}: {scan.get('labelCount') or 0} of {len(labels)} labels counted")
    else:
        found.stuck.append(f"{name}: {scan['status']}, lease {scan.get('lease')}")


def _answers(boxes: list[Any]) -> list[tuple[str, bool]]:
    return [(box.level, box.herniation) for box in boxes]


def _answer(box: dict[str, Any]) -> tuple[str, bool]:
    return box["level"], box["herniation"]
