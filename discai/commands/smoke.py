"""Sends a phantom through a deployed cloud: `python -m discai.commands.smoke`.

It goes in as a file in the uploads bucket, is read by whatever was deployed, must come out with its
five discs and the herniated one standing out, and is forgotten again. Exits 1 with a sentence.
"""

import contextlib
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import requests
from google.cloud import storage
from pydantic import Field

from discai.anatomy import LEVELS
from discai.cloud import paths
from discai.cloud.environment import (
    EnvironmentSettings,
    GoogleCloudProject,
    PipelineBucket,
    ResultsBucket,
    UploadsBucket,
)
from discai.cloud.firestore import FirestoreDatabase
from discai.cloud.forget import ForgetSettings, forget
from discai.cloud.scans import ScanRepository
from discai.errors import DiscaiError, PermanentError
from discai.records.scans import Prediction
from discai.records.states import SCAN_ENDS

HERNIATED: Final = "L4-L5"
_POLL_SECONDS: Final = 1.0


class SmokeSettings(EnvironmentSettings):
    """The deployment to test, and the time that its result may take."""

    google_cloud_project: GoogleCloudProject
    uploads_bucket: UploadsBucket
    results_bucket: ResultsBucket
    pipeline_bucket: PipelineBucket
    web_url: str = Field(
        default="", description="URL of the web app, whose pages are asked for; empty to skip that."
    )
    result_seconds: float = Field(
        default=600.0,
        description="Seconds that the result may take, the cold start of the worker included.",
    )


def is_right(herniations: Mapping[str, float]) -> bool:
    """Tell if a phantom was read rightly: five lumbar discs, the herniated one the most likely."""
    return (
        tuple(level for level in LEVELS if level in herniations) == LEVELS
        and max(herniations, key=lambda level: herniations[level]) == HERNIATED
    )


def smoke(settings: SmokeSettings) -> str:
    """A sentence on how it went; raises `PermanentError` if it did not go well."""
    if settings.web_url:
        _check_page(settings.web_url)
    started = time.monotonic()
    key = _upload(settings)
    scans = ScanRepository(FirestoreDatabase.connect(settings.google_cloud_project))
    try:
        prediction = _result(scans, key, settings.result_seconds)
    except DiscaiError:
        with contextlib.suppress(DiscaiError):  # why there is no result says more
            _forget(key, settings)
        raise
    removed = _forget(key, settings)
    herniations = {disc.level: disc.herniation for disc in prediction.discs}
    if not is_right(herniations):
        raise PermanentError("wrong-result", f"The phantom was read wrongly: {herniations}.")
    seconds = time.monotonic() - started
    return (
        f"Read by {prediction.model_version} on {prediction.device} in {seconds:.1f} s, "
        f"and forgotten ({removed} names)."
    )


def _forget(key: str, settings: SmokeSettings) -> int:
    """Forget the phantom and return the number of names that were removed."""
    where = ForgetSettings(
        google_cloud_project=settings.google_cloud_project,
        results_bucket=settings.results_bucket,
        pipeline_bucket=settings.pipeline_bucket,
    )
    return len(list(forget(key, where)))


def _check_page(url: str) -> None:
    for path, kind in (("/", "text/html"), ("/config.json", "application/json")):
        answer = requests.get(url.rstrip("/") + path, timeout=30)
        found = answer.headers.get("content-type", "")
        if answer.status_code != requests.codes.ok or not found.startswith(kind):
            raise PermanentError(
                "no-page", f"{url}{path} answers {answer.status_code} with {found or 'nothing'}."
            )


def _upload(settings: SmokeSettings) -> str:
    from discai.phantom import PhantomOptions, draw_phantom, write_phantom  # a second of imports

    bucket: Any = storage.Client(settings.google_cloud_project).bucket(settings.uploads_bucket)
    blob = bucket.blob(f"smoke/{uuid.uuid4().hex}/phantom.mha")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "phantom.mha"
        write_phantom(draw_phantom(PhantomOptions(herniated=HERNIATED)), path)
        blob.upload_from_filename(str(path), if_generation_match=0)
    return paths.scan_id(settings.uploads_bucket, blob.name, blob.generation)


def _result(scans: ScanRepository, key: str, seconds: float) -> Prediction:
    deadline = time.monotonic() + seconds
    status = "not there yet"
    while time.monotonic() < deadline:
        if scan := scans.get(key):
            status = scan.status
            if status == "done" and (read := scans.prediction(key, scan.model_version or "")):
                return read
            if status in SCAN_ENDS:
                reason = scan.error.message if scan.error else "no reason was given"
                raise PermanentError("phantom-failed", f"The phantom {status}: {reason}")
        time.sleep(_POLL_SECONDS)
    raise PermanentError("no-result", f"No result in {seconds:.0f} s; the scan is {status}.")


def main() -> int:
    """Runs the test from the environment's settings."""
    try:
        print(smoke(SmokeSettings.read()))
    except DiscaiError as error:
        print(error.message, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
