"""Pipeline jobs: each runs its compiled pipeline in a process of its own, one after the other.

A job is a JSON file in the folder, so jobs survive a restart; one that ran when the process ended
has failed, as a job whose machine is gone.
"""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infrastructure.local.vertex.errors import already_exists, invalid, not_found

Job = dict[str, Any]

JOB_ID = re.compile(r"[a-z][a-z0-9-]{0,127}")
LOST = "The machine that ran this job was stopped."
STOP_SECONDS = 10.0
SUCCEEDED, FAILED, CANCELLED = (
    f"PIPELINE_STATE_{state}" for state in ("SUCCEEDED", "FAILED", "CANCELLED")
)
ENDED = (SUCCEEDED, FAILED, CANCELLED)


class Jobs:
    """The pipeline jobs of one local cloud.

    `environment` is that of the steps; of several jobs the later wait their turn.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self._environment = dict(environment)
        self._turn = asyncio.Lock()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._jobs: dict[str, Job] = {}
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self._scratch, ignore_errors=True)  # of jobs that were killed with all else
        for path in sorted(folder.glob("*.json")):
            job: Job = json.loads(path.read_text(encoding="utf-8"))
            self._jobs[job["name"]] = job
            if job["state"] not in ENDED:
                self._end(job, FAILED, LOST)

    def create(self, parent: str, job_id: str, job: Job) -> Job:
        """Accept a job; raises 400 for one that can't run and 409 for a known id."""
        if not JOB_ID.fullmatch(job_id):
            raise invalid(f"pipelineJobId {job_id!r} must be lower case letters, digits and -.")
        name = f"{parent}/pipelineJobs/{job_id}"
        if name in self._jobs:
            raise already_exists(name)
        if "components" not in job.get("pipelineSpec", {}):
            raise invalid("pipelineSpec is not a compiled pipeline.")
        if not job.get("runtimeConfig", {}).get("gcsOutputDirectory", "").startswith("gs://"):
            raise invalid("runtimeConfig.gcsOutputDirectory must name a bucket.")
        accepted = {**job, "name": name, "createTime": now(), "state": "PIPELINE_STATE_PENDING"}
        self._jobs[name] = accepted
        self._save(accepted)
        self._tasks[name] = asyncio.create_task(self._run(accepted))
        return accepted

    def get(self, name: str) -> Job:
        """The job as it is now; raises 404."""
        if name not in self._jobs:
            raise not_found(name)
        return self._jobs[name]

    def of(self, parent: str) -> list[Job]:
        """All jobs of a location, the newest first."""
        found = [job for name, job in self._jobs.items() if name.startswith(f"{parent}/")]
        return sorted(found, key=lambda job: str(job["createTime"]), reverse=True)

    async def cancel(self, name: str) -> None:
        """Stop a job and all processes of its steps; no error if it has ended."""
        self.get(name)
        if task := self._tasks.get(name):
            task.cancel()
            await asyncio.wait([task])

    async def stop(self) -> None:
        """End every job with this process."""
        for name in list(self._tasks):
            await self.cancel(name)

    async def _run(self, job: Job) -> None:
        try:
            async with self._turn:
                job |= {"state": "PIPELINE_STATE_RUNNING", "startTime": now()}
                self._save(job)
                error = await self._execute(job)
            self._end(job, FAILED if error else SUCCEEDED, error)
        except asyncio.CancelledError:
            self._end(job, CANCELLED, "The job was cancelled.")
        finally:
            self._tasks.pop(job["name"], None)

    async def _execute(self, job: Job) -> str | None:
        """Run the job's process; what went wrong, or None."""
        path = self._path(job)
        log = path.with_suffix(".log")
        self._scratch.mkdir(mode=0o700, exist_ok=True)
        try:
            with log.open("wb") as output:
                process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    *("-m", "infrastructure.local.vertex.runner", str(path)),
                    env=self._environment | {"TMPDIR": str(self._scratch)},
                    stdin=asyncio.subprocess.PIPE,  # closed by whatever ends this process
                    stdout=output,
                    stderr=asyncio.subprocess.STDOUT,
                    start_new_session=True,
                )
                try:
                    code = await process.wait()
                except asyncio.CancelledError:
                    await stop_group(process)
                    raise
        finally:
            shutil.rmtree(self._scratch, ignore_errors=True)
        if code == 0:
            return None
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else f"The job's process ended with code {code}."

    def _end(self, job: Job, state: str, error: str | None) -> None:
        job |= {"state": state, "endTime": now()}
        if error:
            code = 1 if state == CANCELLED else 9  # CANCELLED and FAILED_PRECONDITION, as Vertex's
            job["error"] = {"code": code, "message": error}
        self._save(job)

    def _save(self, job: Job) -> None:
        job["updateTime"] = now()
        path = self._path(job)
        written = path.with_suffix(".new")
        written.write_text(json.dumps(job), encoding="utf-8")
        written.replace(path)

    @property
    def _scratch(self) -> Path:
        """Temporary files of the job that runs: scans, and crops of them."""
        return self.folder / "scratch"

    def _path(self, job: Job) -> Path:
        return self.folder / f"{job['name'].rpartition('/')[2]}.json"


async def stop_group(process: asyncio.subprocess.Process) -> None:
    """SIGTERM to the process and its steps, and SIGKILL to those that take too long."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


def now() -> str:
    """This moment as Google's APIs write it."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
