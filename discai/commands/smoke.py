"""Sends a phantom through a deployed cloud as a reviewer does: `python -m discai.commands.smoke`.

With `--door` a reviewer only comes in, as before an api gets any calls.

It signs in, is let in where strangers are not, uploads a phantom, gets its five discs with the
herniated one standing out, from the device that was asked for, opens a picture, saves a label and
finds its file; then all of it is forgotten again. Exits 1 with a sentence that says what is broken.
"""

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import requests
from google.cloud import storage
from pydantic import Field

from discai.anatomy import LEVELS
from discai.cloud import paths
from discai.cloud.database import Database
from discai.cloud.documents import Document
from discai.cloud.environment import PipelineBucket, ResultsBucket
from discai.cloud.firestore import FirestoreDatabase
from discai.cloud.forget import ForgetSettings, forget
from discai.cloud.retraining import is_due
from discai.cloud.scans import ScanRepository
from discai.commands.bundles import bundles_of
from discai.commands.front_door import FrontDoor, FrontDoorSettings
from discai.commands.temporary_reviewer import temporary_reviewer
from discai.commands.upload import Uploader
from discai.errors import DiscaiError, PermanentError
from discai.records.models import RetrainingControl
from discai.records.scans import Prediction
from discai.records.states import SCAN_ENDS
from discai.records.yolo import file_prefixes

HERNIATED: Final = "L4-L5"
_POLL_SECONDS: Final = 1.0

T = TypeVar("T")


class SmokeSettings(FrontDoorSettings):
    """The deployment to test, and the time that its result may take."""

    results_bucket: ResultsBucket
    pipeline_bucket: PipelineBucket
    reviewer_email: str = Field(
        default="",
        description="E-mail address of the reviewer; empty for one who is made, and removed again.",
    )
    reviewer_password: str = Field(
        default="", repr=False, description="Password of the reviewer's account."
    )
    web_url: str = Field(
        default="", description="URL of the web app, whose pages are asked for; empty to skip that."
    )
    expected_device: str = Field(
        default="", description="`cpu` or `gpu`, what must have read the scan; empty for either."
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
    with temporary_reviewer(settings) as reviewer:
        uploader = Uploader(reviewer)
        uploader.sign_in()
        door = FrontDoor(reviewer, uploader.token)
        door.check_api()
        key = _upload(uploader, settings)
        try:
            said = _go_through(key, door, settings)
        except DiscaiError:
            with contextlib.suppress(DiscaiError):  # why it broke off says more
                _forget(key, settings)
            raise
        removed = _forget(key, settings)
    seconds = time.monotonic() - started
    return f"{said} in {seconds:.1f} s, and forgotten ({removed} names)."


def come_in(settings: SmokeSettings) -> str:
    """A sentence on how the api let a reviewer in; raises `PermanentError` if it did not."""
    with temporary_reviewer(settings) as reviewer:
        uploader = Uploader(reviewer)
        uploader.sign_in()
        FrontDoor(reviewer, uploader.token).check_api()
    return "The api lets a reviewer in and no stranger, and pages may upload."


def _go_through(key: str, door: FrontDoor, settings: SmokeSettings) -> str:
    """From the uploaded phantom to the file of its label; how it went, in words."""
    database = FirestoreDatabase.connect(settings.google_cloud_project)
    scans = ScanRepository(database)
    prediction = _result(scans, key, settings.result_seconds)
    _check_reading(prediction, settings.expected_device)
    door.check_artifacts(key, prediction)
    door.check_rules(key)
    read = f"Read by {prediction.model_version} on {prediction.device}"
    if _would_start_a_run(database):
        return f"{read}, not labelled, as one more label would start a retraining run,"
    door.save_label(key, prediction, datetime.now(UTC))
    _wait_for_export(scans, key, settings)
    return f"{read}, labelled and exported"


def _would_start_a_run(database: Database) -> bool:
    """Tell if the phantom's label would be the last that a run waits for, and then train it."""
    control = Document(database, paths.RETRAINING, RetrainingControl).get()
    return control is not None and is_due(control.model_copy(update={"count": control.count + 1}))


def _check_reading(prediction: Prediction, device: str) -> None:
    herniations = {disc.level: disc.herniation for disc in prediction.discs}
    if not is_right(herniations):
        raise PermanentError("wrong-result", f"The phantom was read wrongly: {herniations}.")
    if device and prediction.device.partition(",")[0] != device:
        raise PermanentError(
            "wrong-device", f"The worker reads on {prediction.device}, and not on a {device}."
        )


def _wait_for_export(scans: ScanRepository, key: str, settings: SmokeSettings) -> None:
    bucket: Any = storage.Client(settings.google_cloud_project).bucket(settings.results_bucket)
    prefix, _ = file_prefixes(key)

    def is_exported() -> bool | None:
        scan = scans.get(key)
        is_stamped = scan is not None and scan.last_label_at is not None
        return True if is_stamped and any(bucket.list_blobs(prefix=prefix)) else None

    if _waited_for(is_exported, settings.result_seconds) is None:
        raise PermanentError(
            "no-export",
            f"The label was saved, and on_label_created has not exported it in "
            f"{settings.result_seconds:.0f} s.",
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


def _upload(uploader: Uploader, settings: SmokeSettings) -> str:
    """Uploads a phantom in chunks, by a session that the api gives; returns the scan's id."""
    from discai.phantom import PhantomOptions, draw_phantom, write_phantom  # a second of imports

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "phantom.mha"
        write_phantom(draw_phantom(PhantomOptions(herniated=HERNIATED)), path)
        (bundle,) = bundles_of([path])
        bucket, name = paths.split_address(uploader.upload(bundle))
    buckets: Any = storage.Client(settings.google_cloud_project)
    blob = buckets.bucket(bucket).get_blob(name)
    if blob is None:
        raise PermanentError("no-upload", "The upload was taken, and is not in its bucket.")
    return paths.scan_id(bucket, name, blob.generation)


def _result(scans: ScanRepository, key: str, seconds: float) -> Prediction:
    status = "not there yet"

    def read() -> Prediction | None:
        nonlocal status
        scan = scans.get(key)
        if scan is None:
            return None
        status = scan.status
        if status == "done":
            return scans.prediction(key, scan.model_version or "")
        if status in SCAN_ENDS:
            reason = scan.error.message if scan.error else "no reason was given"
            raise PermanentError("phantom-failed", f"The phantom {status}: {reason}")
        return None

    if found := _waited_for(read, seconds):
        return found
    raise PermanentError("no-result", f"No result in {seconds:.0f} s; the scan is {status}.")


def _waited_for(look: Callable[[], T | None], seconds: float) -> T | None:
    """The first thing that a look finds; None if none does in that time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        time.sleep(_POLL_SECONDS)
    return None


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the test from the environment's settings."""
    parser = argparse.ArgumentParser(
        "python -m discai.commands.smoke", description="Tests a deployment as a reviewer uses it."
    )
    parser.add_argument("--door", action="store_true", help="only let a reviewer in")
    test = come_in if parser.parse_args(arguments).door else smoke
    try:
        print(test(SmokeSettings.read()))
    except DiscaiError as error:
        print(error.message, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
