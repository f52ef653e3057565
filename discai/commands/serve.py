"""`discai serve`: predictions over HTTP for programs on this machine.

Nothing heavy is imported before the command runs.
"""

import argparse
import socket
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from discai.errors import PermanentError

_GRACE_SECONDS: Final = 10
_NEEDED: Final = ("fastapi", "uvicorn")


def add_serve(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "serve",
        help="answer programs over HTTP: a file in, its prediction.json out",
        description="Listens for POST /predict, whose body is a file and whose answer is its "
        "prediction.json; GET /openapi.json describes it, GET /healthz says which model reads. One "
        "file is read at a time, others wait; none is kept. It knows no users: whoever reaches the "
        "port may send files, so listen on other machines' side only behind something that does.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    parser.add_argument("--port", type=int, default=8080, help="0 for any (default: %(default)s)")
    parser.add_argument(
        "--max-mib", type=int, default=512, help="largest file (default: %(default)s)"
    )
    parser.add_argument(
        "--waiting", type=int, default=4, help="files that may wait (default: %(default)s)"
    )
    parser.add_argument(
        "--model", metavar="DIR", type=Path, help="as for predict (default: the built-in model)"
    )
    parser.add_argument("--backend", metavar="NAME", default="", help="as for predict")
    parser.set_defaults(run=serve)


def serve(options: argparse.Namespace) -> int:
    """Serves until a signal comes.

    Raises `PermanentError("bad-option")` where libraries are missing or the port can't be opened.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise PermanentError(
            "bad-option", f"discai serve needs {' and '.join(missing)}: install discai[serve]."
        )
    listening = _listen(options.host, options.port)
    import uvicorn

    from discai.commands.prediction_app import Limits, create_app
    from discai.readings.study import load
    from discai.scratch import Scratch

    limits = Limits(max_bytes=options.max_mib * 2**20, waiting=options.waiting)
    with Scratch(), listening:
        app = create_app(load(options.model, options.backend), limits)
        host, port = listening.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        print(f"Listening on http://{shown}:{port}", flush=True)
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, timeout_graceful_shutdown=_GRACE_SECONDS
        )
        uvicorn.Server(config).run(sockets=[listening])
    return 0


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise PermanentError("bad-option", f"{host}:{port} can't be opened: {reason}.") from error
