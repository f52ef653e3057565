"""Simulated reviewers: real scans, corrected by what a radiologist has said of them.

    python -m pipeline.simulate_labels --data ../shared/data --scans 20 [--noise 0.05]

Every scan is uploaded through the api, waited for, and labelled with a reviewer's own token, so
that all that stands between a person and the training set is in the way here, too. Beside
`make up`, `set -a; . .local/env` says where. Only patients who may train are shown: the evaluation
set stays frozen. Nothing of this belongs into a cloud in which people work.
"""

import argparse
import base64
import json
import random
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import requests
from pydantic import Field
from tqdm import tqdm

from discai.anatomy import LEVELS
from discai.cloud import paths
from discai.cloud.environment import EnvironmentSettings, GoogleCloudProject
from discai.commands.bundles import Bundle
from discai.commands.upload import Uploader, UploadSettings
from discai.errors import PermanentError
from discai.records.states import SCAN_ENDS
from discai.scan import CANONICAL_ORIENTATION, Scan
from discai.scan.mha import encode
from discai.scan.orientation import direction_of, stored_grid
from pipeline.data.folder import DataFolder
from pipeline.data.original import PARTS

SEED: Final = 20261124
_READ_SECONDS: Final = 300.0
_POLL_SECONDS: Final = 0.5
_TIMEOUT_SECONDS: Final = 30


class SimulationSettings(EnvironmentSettings):
    """The Firestore that simulated reviewers write their labels to."""

    google_cloud_project: GoogleCloudProject
    firestore_emulator_host: str = Field(
        default="", description="Host and port of a Firestore emulator; empty for Firestore itself."
    )


@dataclass(frozen=True)
class Noise:
    """Errors of a simulated reviewer.

    Attributes:
        wrong: chance that a disc's finding is the opposite of the radiologist's.
        pixels: how far each edge of a box is off, at most.
    """

    wrong: float = 0.05
    pixels: float = 2.0


class SimulatedReviewer:
    """A simulated person who uploads, waits, corrects and saves."""

    def __init__(self, uploads: UploadSettings, settings: SimulationSettings) -> None:
        self._uploader = Uploader(uploads)
        self._uploader.sign_in()
        self._claims = _claims(self._uploader.token)
        host = settings.firestore_emulator_host
        self._documents = (
            f"{f'http://{host}' if host else 'https://firestore.googleapis.com'}/v1/"
            f"projects/{settings.google_cloud_project}/databases/(default)/documents"
        )

    def correct(self, name: str, scan: Scan, herniations: Mapping[str, bool], noise: Noise) -> str:
        """Uploads one scan and labels it; returns its id."""
        chance = random.Random(f"{SEED} {name}")  # noqa: S311 (the same scan, the same mistakes)
        scan_id, prediction = self._read(name, scan)
        boxes = [
            _box(disc, herniations[disc["level"]], noise, chance)
            for disc in prediction["discs"]
            if disc["level"] in LEVELS and disc["level"] in herniations
        ]
        self._save(scan_id, prediction, boxes)
        return scan_id

    def _read(self, name: str, scan: Scan) -> tuple[str, dict[str, Any]]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{name}.mha"
            direction = direction_of(CANONICAL_ORIENTATION)
            grid = stored_grid(scan.voxels.shape, scan.spacing_mm, (0.0, 0.0, 0.0), direction)
            path.write_bytes(encode(scan.voxels, grid))
            address = self._uploader.upload(Bundle(path.name, (path,)))
        _, object_name = paths.split_address(address)
        deadline = time.monotonic() + _READ_SECONDS
        while time.monotonic() < deadline:
            for document in self._find(object_name):
                fields = document["fields"]
                if _plain(fields["status"]) in SCAN_ENDS:
                    scan_id = document["name"].rpartition("/")[2]
                    return scan_id, self._prediction(scan_id, fields)
            time.sleep(_POLL_SECONDS)
        raise PermanentError("no-result", f"{name} was not read in {_READ_SECONDS:.0f} s.")

    def _find(self, object_name: str) -> list[dict[str, Any]]:
        query = {
            "structuredQuery": {
                "from": [{"collectionId": paths.SCANS}],
                "where": {
                    "fieldFilter": {
                        "field": {"fieldPath": "object.name"},
                        "op": "EQUAL",
                        "value": {"stringValue": object_name},
                    }
                },
            }
        }
        answer = self._call("POST", ":runQuery", query)
        return [row["document"] for row in answer if "document" in row]

    def _prediction(self, scan_id: str, fields: dict[str, Any]) -> dict[str, Any]:
        if _plain(fields["status"]) != "done":
            raise PermanentError("not-read", f"The scan {scan_id} can't be read.")
        version = _plain(fields["modelVersion"])
        stored = self._call("GET", f"/{paths.prediction(scan_id, version)}")
        return {name: _plain(value) for name, value in stored["fields"].items()}

    def _save(self, scan_id: str, prediction: dict[str, Any], boxes: list[dict[str, Any]]) -> None:
        label = {
            "kind": "correction",
            "slices": {str(prediction["keySlice"]): boxes},
            "author": self._claims["sub"],
            "authorEmail": self._claims["email"],
            "modelVersion": prediction["modelVersion"],
        }
        prefix = self._documents.partition("/v1/")[2]
        write = {
            "update": {
                "name": f"{prefix}/{paths.label(scan_id, uuid.uuid4().hex)}",
                "fields": _stored(label)["mapValue"]["fields"],
            },
            "updateTransforms": [{"fieldPath": "createdAt", "setToServerValue": "REQUEST_TIME"}],
            "currentDocument": {"exists": False},
        }
        self._call("POST", ":commit", {"writes": [write]})

    def _call(self, method: str, suffix: str, body: Any = None) -> Any:
        answer = requests.request(
            method,
            self._documents + suffix,
            json=body,
            headers={"Authorization": f"Bearer {self._uploader.token}"},
            timeout=_TIMEOUT_SECONDS,
        )
        if answer.status_code != HTTPStatus.OK:
            raise PermanentError("refused", f"Firestore refused this: {answer.text[:300]}")
        return answer.json()


def _claims(token: str) -> dict[str, Any]:
    """Claims of an ID token; the server checks that they are true."""
    payload = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))


def development_scans(data: DataFolder) -> Iterator[tuple[str, Scan, Mapping[str, bool]]]:
    """Name, scan and true findings of patients who may train, in a fixed random order."""
    scans = list(data.graded_scans(PARTS["original"]))
    random.Random(SEED).shuffle(scans)  # noqa: S311 (a fixed order)
    for graded in filter(lambda scan: scan.herniations, scans):
        yield graded.series, graded.scan, graded.herniations


def _box(
    disc: dict[str, Any], herniation: bool, noise: Noise, chance: random.Random
) -> dict[str, Any]:
    off = [chance.uniform(-noise.pixels, noise.pixels) for _ in range(4)]
    box = disc["box"]
    return {
        "x": max(0.0, box["x"] + off[0]),
        "y": max(0.0, box["y"] + off[1]),
        "width": max(1.0, box["width"] + off[2]),
        "height": max(1.0, box["height"] + off[3]),
        "level": disc["level"],
        "herniation": herniation != (chance.random() < noise.wrong),
        "judged": "changed",
    }


def _plain(value: dict[str, Any]) -> Any:
    """A value of Firestore's REST API as Python has it."""
    ((kind, content),) = value.items()
    match kind:
        case "mapValue":
            return {name: _plain(each) for name, each in content.get("fields", {}).items()}
        case "arrayValue":
            return [_plain(each) for each in content.get("values", [])]
        case "integerValue":
            return int(content)
        case _:
            return content


def _stored(value: Any) -> dict[str, Any]:
    """A value as Firestore's REST API takes it."""
    match value:
        case bool():
            return {"booleanValue": value}
        case float() | int():
            return {"doubleValue": float(value)}
        case list():
            return {"arrayValue": {"values": [_stored(each) for each in value]}}
        case dict():
            fields = {name: _stored(each) for name, each in value.items()}
            return {"mapValue": {"fields": fields}}
        case _:
            return {"stringValue": str(value)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Correct scans from the command line."""
    parser = argparse.ArgumentParser(
        "python -m pipeline.simulate_labels",
        description="Uploads scans of the data folder and corrects them by their true findings.",
    )
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    parser.add_argument("--scans", type=int, default=10, help="how many (default: %(default)s)")
    parser.add_argument("--skip", type=int, default=0, help="how many to pass over first")
    parser.add_argument(
        "--noise", type=float, default=Noise.wrong, help="chance of a wrong finding (%(default)s)"
    )
    options = parser.parse_args(arguments)
    reviewer = SimulatedReviewer(UploadSettings.read(), SimulationSettings.read())
    scans = list(development_scans(DataFolder(options.data)))[options.skip :][: options.scans]
    failed = 0
    for name, scan, herniations in tqdm(scans, desc="corrected", unit="scan"):
        try:
            reviewer.correct(name, scan, herniations, Noise(options.noise))
        except PermanentError as error:
            failed += 1
            print(f"{name}: {error.message}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
