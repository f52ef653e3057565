"""The cloud on this machine with the worker that needs no model, where many scans are read.

`python -m tests.support.quick_cloud up …`, else as `python -m infrastructure.local`.
"""

import sys

from infrastructure.local import parts
from infrastructure.local.__main__ import main

_WORKER = (
    "import os; os.environ['MODELS_BUCKET'] = ''; "
    "from tests.support.fake_worker import main; main()"
)


def module(name: str, *arguments: str) -> list[str]:
    """Command that runs a module, or in the worker's place the one without a model."""
    if name == "inference_service":
        return [sys.executable, "-c", _WORKER]
    return [sys.executable, "-m", name, *arguments]


if __name__ == "__main__":
    parts.module = module
    sys.exit(main())
