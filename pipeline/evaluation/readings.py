"""Readings that are kept: a scan is read once by one version of weights and code."""

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
from tqdm import tqdm

from discai.errors import PermanentError
from discai.manifest import MANIFEST_NAME, Manifest
from discai.predictor import Predictor
from discai.reading import DiscQuantities, DiscReading, Gradings, LateralCurve, Reading
from discai.scan import Scan

Outcome = Reading | PermanentError
"""What became of a scan: read, or refused with the reason."""


class Readings:
    """Reads scans with one predictor and keeps every outcome in a folder.

    A run that was broken off goes on where it stopped. Other weights, thresholds or code get
    another subfolder, other pixels another file; so nothing stale is ever taken.
    """

    def __init__(self, predictor: Predictor, weights: Path, cache: Path) -> None:
        self._predictor = predictor
        self._folder = cache / _digest(_what_reads(weights, predictor.device))
        self._folder.mkdir(parents=True, exist_ok=True)

    def read_all(self, scans: Sequence[Scan], what: str) -> list[Outcome]:
        """The outcome of each scan, with a progress display named `what`.

        Single pictures keep one processor busy; so as many scans are read at a time as there are.
        """
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            outcomes = pool.map(self.read, scans)
            return list(tqdm(outcomes, desc=f"{what:<28}", unit="scan", total=len(scans)))

    def read(self, scan: Scan) -> Outcome:
        """The outcome of one scan."""
        path = self._folder / f"{_digest(_what_is_read(scan))}.npz"
        if not path.exists():
            try:
                outcome: Outcome = self._predictor.read(scan)
            except PermanentError as refusal:
                outcome = refusal
            _write(path, outcome)
        return _load(path)


def _write(path: Path, outcome: Outcome) -> None:
    if isinstance(outcome, PermanentError):
        arrays: dict[str, Any] = {}
        said: dict[str, Any] = {"code": outcome.code, "message": outcome.message}
    else:
        arrays = {"segmentation": outcome.segmentation}
        said = {
            name: value
            for name, value in vars(outcome).items()
            if name not in ("segmentation", "discs", "lateral_curve")
        }
        said["discs"] = [_as_json(disc) for disc in outcome.discs]
        said["lateral_curve"] = outcome.lateral_curve and outcome.lateral_curve.model_dump()
    # The same pixels may be read twice at a time: each reading writes a file of its own.
    with NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        np.savez_compressed(file, said=np.array(json.dumps(said)), **arrays)
    Path(file.name).replace(path)


def _as_json(disc: DiscReading) -> dict[str, Any]:
    """A disc's fields without its crops, which are for training, and large, and its reason."""
    fields = {name: value for name, value in vars(disc).items() if name not in ("crops", "reason")}
    return fields | {
        "quantities": disc.quantities and disc.quantities.model_dump(mode="json"),
        "gradings": disc.gradings and disc.gradings.model_dump(mode="json"),
    }


def _from_json(fields: dict[str, Any]) -> DiscReading:
    boxes = {int(index): tuple(box) for index, box in fields["boxes"].items()}
    quantities, gradings = fields["quantities"], fields["gradings"]
    typed = {
        "boxes": boxes,
        "quantities": None if quantities is None else DiscQuantities.model_validate(quantities),
        "gradings": None if gradings is None else Gradings.model_validate(gradings),
    }
    return DiscReading(**fields | typed)


def _load(path: Path) -> Outcome:
    with np.load(path) as stored:
        said = json.loads(str(stored["said"]))
        if "code" in said:
            return PermanentError(said["code"], said["message"])
        discs = tuple(map(_from_json, said["discs"]))
        curve = said["lateral_curve"]
        rest = said | {
            "discs": discs,
            "warnings": tuple(said["warnings"]),
            "lateral_curve": None if curve is None else LateralCurve.model_validate(curve),
        }
        return Reading(segmentation=stored["segmentation"], **rest)


def _what_reads(weights: Path, device: str) -> Iterable[bytes]:
    """The weights, their thresholds, what runs them, and the code of every module that reads."""
    yield device.encode()
    manifest = Manifest.model_validate_json((weights / MANIFEST_NAME).read_bytes())
    yield repr(sorted(manifest.files.items())).encode()
    yield manifest.thresholds.model_dump_json().encode()
    for name in sorted(name for name in sys.modules if name.split(".")[0] == "discai"):
        if source := sys.modules[name].__file__:
            yield Path(source).read_bytes()


def _what_is_read(scan: Scan) -> Iterable[bytes]:
    yield repr((scan.voxels.shape, str(scan.voxels.dtype), scan.spacing_mm)).encode()
    yield np.ascontiguousarray(scan.voxels).tobytes()


def _digest(parts: Iterable[bytes]) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()[:20]
