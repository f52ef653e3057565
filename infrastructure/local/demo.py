"""The first scan of a new cloud: the phantom through the front door, and what came out."""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from discai.anatomy import LEVELS
from discai.cloud import paths
from discai.cloud.paths import scan_id, split_address
from discai.commands.smoke import HERNIATED, is_right
from discai.records.states import SCAN_ENDS
from infrastructure.local.cloud import LocalCloud
from infrastructure.local.errors import SetupError
from infrastructure.local.plan import REVIEWER_EMAIL, REVIEWER_PASSWORD

RESULT_SECONDS = 900.0
POLL_SECONDS = 0.05
STEPS = ("queued", "claimed", "read", "predicted", "stored", "done")


@dataclass(frozen=True)
class Result:
    """One scan as Firestore has it at the end."""

    scan_id: str
    scan: dict[str, Any]
    prediction: dict[str, Any]

    @property
    def herniations(self) -> dict[str, float]:
        """The probability of each lumbar level, from the head down."""
        found = {disc["level"]: disc["herniation"] for disc in self.prediction["discs"]}
        return {level: found[level] for level in LEVELS if level in found}

    @property
    def is_right(self) -> bool:
        """Tell if all five discs were found and the herniated one stands out."""
        return is_right(self.herniations)


def draw(folder: Path) -> Path:
    """A fresh phantom scan with one herniated disc."""
    from discai.phantom import PhantomOptions, draw_phantom, write_phantom  # a second of imports

    path = folder / "phantom.mha"
    write_phantom(draw_phantom(PhantomOptions(herniated=HERNIATED)), path)
    return path


async def read_phantom(cloud: LocalCloud, path: Path) -> bool:
    """Upload the phantom, print what was read, and say whether it is right."""
    started = time.time()
    uploaded = await asyncio.to_thread(upload, cloud, path)
    finished = time.time()
    result = await wait_for_result(cloud, await id_of(cloud, uploaded))
    cloud.say(table(result))
    cloud.say(seconds(result, started, finished))
    if not result.is_right:
        cloud.say(f"This is wrong: {HERNIATED} is herniated, and there are five lumbar discs.")
    return result.is_right


def upload(cloud: LocalCloud, path: Path) -> str:
    """Upload a file as `discai upload` does, as the seeded reviewer; the object's `gs://` name."""
    from discai.commands.bundles import bundles_of
    from discai.commands.upload import Uploader, UploadSettings

    settings = UploadSettings(
        api_url=cloud.plan.url("api"),
        reviewer_email=REVIEWER_EMAIL,
        reviewer_password=REVIEWER_PASSWORD,
        firebase_auth_emulator_host=cloud.plan.address("auth"),
    )
    uploader = Uploader(settings)
    uploader.sign_in()
    (bundle,) = bundles_of([path])
    return uploader.upload(bundle)


async def id_of(cloud: LocalCloud, uploaded: str) -> str:
    """The scan's id: bucket, name and the generation that the bucket gave it."""
    bucket, name = split_address(uploaded)
    url = f"{cloud.plan.url('storage')}/storage/v1/b/{bucket}/o"
    page = (await cloud.client.get(url, params={"prefix": name})).raise_for_status().json()
    return scan_id(bucket, name, int(page["items"][0]["generation"]))


async def wait_for_result(cloud: LocalCloud, key: str) -> Result:
    """Wait until the scan is done; `SetupError` with its sentence if it fails."""
    deadline = time.monotonic() + RESULT_SECONDS
    while time.monotonic() < deadline:
        scan = await cloud.documents.get(paths.scan(key))
        if scan and scan["status"] in SCAN_ENDS:
            if scan["status"] != "done":
                raise SetupError(f"The phantom {scan['status']}: {scan['error']['message']}")
            path = paths.prediction(key, scan["modelVersion"])
            return Result(key, scan, await cloud.documents.get(path) or {})
        await asyncio.sleep(POLL_SECONDS)
    raise SetupError(f"No result in {RESULT_SECONDS:.0f} s; see {cloud.plan.folder}/logs.")


def table(result: Result) -> str:
    """The discs, for a terminal."""
    rows = [
        f"  {level}   {probability:8.0%}   {'herniated' if level == HERNIATED else ''}".rstrip()
        for level, probability in result.herniations.items()
    ]
    return "\n".join(["", "  disc   herniation   truth", *rows, ""])


def seconds(result: Result, started: float, finished: float) -> str:
    """Seconds of each step since the upload began."""
    times = {"uploaded": finished}
    times |= {
        step: datetime.fromisoformat(result.scan["timings"][step]).timestamp() for step in STEPS
    }
    steps = sorted(times.items(), key=lambda step: step[1])
    return "Seconds since the upload began: " + " · ".join(
        f"{step} {at - started:.2f}" for step, at in steps
    )
