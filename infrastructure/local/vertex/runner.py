"""Runs one job's compiled pipeline: `python -m infrastructure.local.vertex.runner JOB.json`.

`kfp.local` does it; every step is a process of its own in this environment, whatever its image.
Exits 1 with the failure as the last line of its output, and ends with its steps when whoever
started it is gone, however it went.
"""

import json
import os
import re
import signal
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import yaml
from kfp import components, local


def main() -> int:
    """Run the job to its end."""
    threading.Thread(target=end_with_owner, daemon=True).start()
    path = Path(sys.argv[1])
    job = json.loads(path.read_text(encoding="utf-8"))
    runner = local.SubprocessRunner(use_venv=False)
    local.init(runner, pipeline_root=str(path.with_suffix("")), raise_on_error=True)
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as template:
        yaml.safe_dump(job["pipelineSpec"], template)
        template.flush()
        pipeline = components.load_component_from_file(template.name)
    try:
        pipeline(**parameters(job))
    except RuntimeError as error:
        print(f"The DAG failed because some tasks failed: {plain(str(error))}", flush=True)
        return 1
    return 0


def end_with_owner() -> None:
    """Wait for the end of the owner's pipe, then end this process's group.

    Reads past `sys.stdin`, whose lock a waiting thread would hold when Python ends: it then aborts.
    """
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


def parameters(job: dict[str, Any]) -> dict[str, Any]:
    """The job's parameter values and the pipeline's defaults, which kfp forgets if they are zero.

    JSON has one kind of number; integers are made integers again, as Vertex does.
    """
    declared = job["pipelineSpec"]["root"].get("inputDefinitions", {}).get("parameters", {})
    values = {
        name: each["defaultValue"] for name, each in declared.items() if "defaultValue" in each
    }
    values |= job["runtimeConfig"].get("parameterValues", {})
    whole = [name for name, each in declared.items() if each["parameterType"] == "NUMBER_INTEGER"]
    return values | {name: int(values[name]) for name in whole if name in values}


def plain(text: str) -> str:
    """The text without the colours that kfp puts into its errors."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


if __name__ == "__main__":
    sys.exit(main())
