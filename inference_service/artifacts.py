"""Stores what the web app shows of a reading, and describes it as a `Prediction`."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Final

from discai.cloud.names import artifact_names
from discai.cloud.objects import ObjectStore
from discai.output import prediction_json, segmentation_mha
from discai.reading import DiscReading, PixelBox, Reading
from discai.records import Artifacts, Box, Disc, Prediction
from discai.rendering import Rendered
from discai.scan import Scan

#: Below the ten connections that the storage client keeps open.
_PARALLEL_UPLOADS: Final = 8


def store_artifacts(
    objects: ObjectStore,
    bucket: str,
    scan_id: str,
    scan: Scan,
    reading: Reading,
    rendered: Rendered,
    stored: Callable[[int, int], None],
) -> Artifacts:
    """Writes every artifact, several at a time; `stored(done, total)` tells how far it is.

    Returns their names once all of them are there.
    """
    names = artifact_names(scan_id, reading.model_version)
    files = [
        *_pictures(names.slices, rendered.slices),
        *_pictures(names.masks, rendered.masks),
        *_pictures(names.overlays, rendered.overlays),
        (names.segmentation, segmentation_mha(scan, reading), "application/octet-stream"),
        (names.prediction, _json(scan, reading), "application/json"),
    ]
    with ThreadPoolExecutor(_PARALLEL_UPLOADS) as pool:
        writes = [pool.submit(objects.write, bucket, *file) for file in files]
        for done, write in enumerate(writes, start=1):
            write.result()
            stored(done, len(files))
    return names


def describe(
    reading: Reading,
    rendered: Rendered,
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
        discs=[_disc(disc, rendered.scale) for disc in reading.discs],
        artifacts=artifacts,
        slice_count=len(rendered.slices),
        key_slice=reading.key_slice,
        slice_width=rendered.width,
        slice_height=rendered.height,
        herniation_threshold=herniation_threshold,
    )


def _disc(disc: DiscReading, scale: tuple[float, float]) -> Disc:
    return Disc(
        level=disc.level,
        herniation=disc.herniation,
        slice=disc.slice,
        box=_box(disc.box, scale),
        boxes={str(index): _box(box, scale) for index, box in disc.boxes.items()},
        confidence=disc.confidence,
        volume_mm3=disc.volume_mm3,
    )


def _box(box: PixelBox, scale: tuple[float, float]) -> Box:
    x0, y0, x1, y1 = box
    by_row, by_column = scale
    return Box(
        x=x0 * by_column,
        y=y0 * by_row,
        width=(x1 - x0) * by_column,
        height=(y1 - y0) * by_row,
    )


def _pictures(template: str, pictures: list[bytes]) -> list[tuple[str, bytes, str]]:
    return [(template.format(i), picture, "image/png") for i, picture in enumerate(pictures)]


def _json(scan: Scan, reading: Reading) -> bytes:
    return json.dumps(prediction_json(scan, reading), indent=1).encode()
