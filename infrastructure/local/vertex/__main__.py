"""Serves the local Vertex AI: `python -m infrastructure.local.vertex PLAN.json`."""

import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from infrastructure.local.plan import Plan
from infrastructure.local.vertex import Jobs, Registry, create_app


def main() -> None:
    """Serve until a signal comes; jobs end with it."""
    plan = Plan.load(Path(sys.argv[1]))
    folder = plan.data / "vertex"
    jobs = Jobs(plan.vertex_jobs, os.environ)

    @contextlib.asynccontextmanager
    async def until_stopped(_app: Starlette) -> AsyncIterator[None]:
        yield
        await jobs.stop()

    app = create_app(jobs, Registry(folder / "models.json"), until_stopped)
    uvicorn.run(app, host=plan.listen_host, port=plan.ports["vertex"], log_level="warning")


if __name__ == "__main__":
    main()
