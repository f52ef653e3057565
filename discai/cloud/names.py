"""Names of things in the cloud: scan ids, objects and where each artifact lies."""

import base64
import hashlib
import re
import secrets
from pathlib import PurePosixPath
from typing import Final

from discai.records.scans import Artifacts

#: Of a file's name, so many characters from its end are kept.
LONGEST_FILE_NAME: Final = 100


def scan_id(bucket: str, name: str, generation: int) -> str:
    """The id of the scan that one object is at one generation: 26 letters and digits."""
    digest = hashlib.sha256(f"{bucket}/{name}/{generation}".encode()).digest()
    return base64.b32encode(digest).decode()[:26].lower()


def artifact_names(scan_id: str, model_version: str) -> Artifacts:
    """Where one model's artifacts of one scan lie in the results bucket."""
    folder = f"{results_folder(scan_id)}{model_version}"
    return Artifacts(
        slices=folder + "/slice-{:02d}.png",
        masks=folder + "/mask-{:02d}.png",
        overlays=folder + "/overlay-{:02d}.png",
        segmentation=f"{folder}/segmentation.mha",
        prediction=f"{folder}/prediction.json",
    )


def results_folder(scan_id: str) -> str:
    """What the names of every model's artifacts of one scan begin with."""
    return f"scans/{scan_id}/"


def split_address(address: str) -> tuple[str, str]:
    """Bucket and object name of a `gs://` address; the name is empty for a bucket's own."""
    bucket, _, name = address.removeprefix("gs://").partition("/")
    return bucket, name


def upload_name(file_name: str) -> str:
    """A new object name for a file: unguessable, and safe in URLs, shells and file systems."""
    return f"{secrets.token_hex(16)}/{safe_file_name(file_name)}"


def safe_file_name(name: str) -> str:
    """The last part of a path with only letters, digits, `.`, `_`, `-`; the suffix survives."""
    last = PurePosixPath(name.replace("\\", "/")).name
    safe = re.sub(r"[^A-Za-z0-9._-]+", "_", last).lstrip(".")
    return safe[-LONGEST_FILE_NAME:] or "scan"
