"""Stores what the web app shows of a reading, and describes it as a `Prediction`."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

import numpy as np

from discai.cloud.paths import artifact_names
from discai.pictures.output import centre_mm, prediction_json, segmentation_mha
from discai.pictures.quantities import rounded, rounded_curve, whole_disc
from discai.pictures.reasons import moved_reason
from discai.pictures.rendering import Pictures
from discai.reading import CornerBox, DiscReading, Reading
from discai.records.scans import Artifacts, Box, Disc, PictureBytes, Prediction, SlicesInPatient
from discai.scan import Scan

_File = tuple[str, Callable[[], bytes], str]
"""An object's name, what makes its content, and its type."""


class Objects(Protocol):
    """Cloud Storage."""

    def write(
        self, bucket: str, name: str, data: bytes, content_type: str, check: Callable[[], None]
    ) -> None:
        """Writes an object, and calls `check` right before."""


class Claim(Protocol):
    """A scan that this worker holds."""

    @property
    def scan_id(self) -> str:
        """Names the folder."""

    def check(self) -> None:
        """Raises `LeaseLostError` when another worker may have the scan."""


def store_artifacts(
    objects: Objects,
    bucket: str,
    claim: Claim,
    scan: Scan,
    reading: Reading,
    pictures: Pictures,
    stored: Callable[[int, int], None],
) -> Artifacts:
    """Makes and writes every artifact, all at a time; `stored(done, total)` says how far.

    Returns their names once all of them are there; raises `LeaseLostError`, and begins no further
    write, when another worker may have the scan.
    """
    names = artifact_names(claim.scan_id, reading.model_version)
    made = (
        (names.pictures, lambda: pictures.packed.data, "application/zip"),
        (names.thumbnail, pictures.thumbnail, "image/jpeg"),
        (names.segmentation, partial(segmentation_mha, scan, reading), "application/octet-stream"),
        (names.prediction, partial(_json, scan, reading), "application/json"),
    )
    files: list[_File] = [(name, make, kind) for name, make, kind in made if name]

    def write(name: str, make: Callable[[], bytes], content_type: str) -> None:
        objects.write(bucket, name, make(), content_type, claim.check)

    with ThreadPoolExecutor(len(files)) as pool:
        writes = [pool.submit(write, *file) for file in files]
        try:
            for done, finished in enumerate(as_completed(writes), start=1):
                finished.result()
                stored(done, len(files))
        finally:
            pool.shutdown(cancel_futures=True)
    return names


def describe(
    scan: Scan,
    reading: Reading,
    pictures: Pictures,
    artifacts: Artifacts,
    *,
    herniation_threshold: float,
) -> Prediction:
    """The reading as Firestore keeps it, boxes in pixels of the slices as shown."""
    return Prediction(
        model_version=reading.model_version,
        model_digest=reading.model_digest,
        created_at=datetime.now(UTC),
        device=reading.device,
        seconds=reading.seconds,
        warnings=list(reading.warnings),
        discs=[_disc(scan, reading, disc, pictures.scale) for disc in reading.discs],
        artifacts=artifacts,
        slice_count=pictures.count,
        key_slice=reading.key_slice,
        slice_width=pictures.width,
        slice_height=pictures.height,
        herniation_threshold=herniation_threshold,
        pixel_mm=pictures.pixel_mm,
        place=_place(scan, pictures.scale),
        picture_bytes=PictureBytes(
            starts=list(pictures.packed.starts), sizes=list(pictures.packed.sizes)
        ),
        lordosis_deg=rounded(reading.lordosis_deg),
        lateral_curve=reading.lateral_curve and rounded_curve(reading.lateral_curve),
        windows=pictures.windows(),
    )


def _place(scan: Scan, scale: tuple[float, float]) -> SlicesInPatient | None:
    """Place of the slices as shown in the patient; None where the scan doesn't know it."""
    by_row, by_column = scale
    first_and_neighbours = [
        scan.to_patient_mm((index, (y + 0.5) / by_row - 0.5, (x + 0.5) / by_column - 0.5))
        for index, x, y in ((0, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 0))
    ]
    known = [place for place in first_and_neighbours if place is not None]
    if not known:
        return None
    origin, *neighbours = np.array(known)
    right, down, next_slice = ((place - origin).round(6).tolist() for place in neighbours)
    return SlicesInPatient(
        origin_mm=origin.round(4).tolist(),
        right_mm=right,
        down_mm=down,
        next_slice_mm=next_slice,
    )


def _disc(scan: Scan, reading: Reading, disc: DiscReading, scale: tuple[float, float]) -> Disc:
    by_row, by_column = scale
    return Disc(
        level=disc.level,
        herniation=disc.herniation,
        slice=disc.slice,
        box=_box(disc.box, scale),
        boxes={str(index): _box(box, scale) for index, box in disc.boxes.items()},
        confidence=disc.confidence,
        volume_mm3=disc.volume_mm3,
        centre_mm=centre_mm(scan, reading, disc),
        quantities=disc.quantities and whole_disc(disc.quantities),
        reason=disc.reason and moved_reason(disc.reason, lambda x, y: (x * by_column, y * by_row)),
        gradings=disc.gradings,
    )


def _box(box: CornerBox, scale: tuple[float, float]) -> Box:
    x0, y0, x1, y1 = box
    by_row, by_column = scale
    return Box(
        x=x0 * by_column,
        y=y0 * by_row,
        width=(x1 - x0) * by_column,
        height=(y1 - y0) * by_row,
    )


def _json(scan: Scan, reading: Reading) -> bytes:
    return json.dumps(prediction_json(scan, reading), indent=1).encode()
