"""The first scan of a new cloud: the phantom through the front door, and what came out."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from infrastructure.local.cloud import LocalCloud
from infrastructure.local.errors import SetupError

RESULT_SECONDS = 120.0
POLL_SECONDS = 0.05
FINAL = ("done", "failed", "dead")


@dataclass(frozen=True)
class Result:
    """One scan as Firestore has it at the end."""

    scan_id: str
    scan: dict[str, Any]
    prediction: dict[str, Any]


async def wait_for_result(cloud: LocalCloud, scan_id: str) -> Result:
    """Wait until the scan is done; `SetupError` with its sentence if it fails."""
    deadline = time.monotonic() + RESULT_SECONDS
    while time.monotonic() < deadline:
        scan = await cloud.documents.get(f"scans/{scan_id}")
        if scan and scan["status"] in FINAL:
            if scan["status"] != "done":
                raise SetupError(f"The scan {scan['status']}: {scan['error']['message']}")
            path = f"scans/{scan_id}/predictions/{scan['modelVersion']}"
            return Result(scan_id, scan, await cloud.documents.get(path) or {})
        await asyncio.sleep(POLL_SECONDS)
    raise SetupError(f"No result of scan {scan_id} in {RESULT_SECONDS:.0f} s; see .local/logs.")


async def read_phantom(cloud: LocalCloud) -> bool:
    """Upload the phantom, show what was read, and say whether it is right."""
    raise NotImplementedError
