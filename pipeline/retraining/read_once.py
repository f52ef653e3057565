"""The discs of labelled scans, kept from run to run, so that each run reads only new scans.

A file holds what was made of one scan and bears its id, so `discai forget` removes it with the
rest. It lies under `runs/`, of which the bucket keeps nothing for good.
"""

import io
import logging
import zlib
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
from google.api_core.exceptions import NotFound

from discai.cloud.objects import ObjectStore
from discai.cloud.retrying import retryable
from pipeline.retraining.preparation import OutlinedDisc, ReadDiscs, ScanDiscs
from pipeline.retraining.snapshot import LabelledScan

PREFIX: Final = "runs/discs/"

log = logging.getLogger(__name__)


def read_once(read: ReadDiscs, bucket: Any, name: str) -> ReadDiscs:
    """Reads each scan once in a bucket; `name` is another one for all that would read it otherwise.

    `bucket` is a `google.cloud.storage.Bucket`. What can't be read is tried again each time, and
    what was kept but is damaged is read again. Of a scan whose uploaded file was deleted or
    replaced nothing is used any more: labels train as long as it is kept.
    """
    objects = ObjectStore(bucket.client)

    def known_or_read(labelled: LabelledScan) -> ScanDiscs:
        objects.require_live(labelled.object)
        blob = bucket.blob(f"{PREFIX}{name}/{labelled.scan_id}.npz")
        if (known := _downloaded(blob)) is not None:
            return known
        discs = read(labelled)
        with retryable("Cloud Storage"):
            blob.upload_from_string(_packed(discs), content_type="application/octet-stream")
        return discs

    return known_or_read


def _downloaded(blob: Any) -> ScanDiscs | None:
    """Discs that an earlier run has kept; None if there are none, or if they are damaged."""
    with retryable("Cloud Storage"):
        try:
            data = blob.download_as_bytes()
        except NotFound:
            return None
    try:
        return _unpacked(data)
    except (BadZipFile, EOFError, KeyError, ValueError, zlib.error):
        log.warning("%s is damaged: its scan is read again", blob.name)
        return None


def _packed(discs: ScanDiscs) -> bytes:
    arrays: dict[str, Any] = {
        "size": [discs.width, discs.height],
        "pixels": discs.pixel_digest,
        "discs": len(discs.discs),
    }
    for index, disc in enumerate(discs.discs):
        for name, by_slice in (("boxes", disc.boxes), ("crops", disc.crops)):
            arrays[f"{name}{index}"] = list(by_slice.values())
            arrays[f"{name}{index}-slices"] = np.array(list(by_slice), np.int64)
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def _unpacked(data: bytes) -> ScanDiscs:
    with np.load(io.BytesIO(data)) as arrays:

        def by_slice(name: str) -> dict[int, Any]:
            slices = arrays[f"{name}-slices"].tolist()
            return dict(zip(slices, arrays[name], strict=True))

        discs = []
        for index in range(int(arrays["discs"])):
            boxes = by_slice(f"boxes{index}")
            corners = {number: tuple(box.tolist()) for number, box in boxes.items()}
            discs.append(OutlinedDisc(corners, by_slice(f"crops{index}")))
        width, height = arrays["size"].tolist()
        return ScanDiscs(discs, width, height, str(arrays["pixels"]))
