"""Every function in one process, each on a port of its own: an import each would cost seconds.

`python -m infrastructure.local.functions PLAN.json`, started by the launcher. In the cloud each is
a service of its own; the apps are the same, made by functions-framework.
"""

import logging
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import uvicorn
from flask import Flask
from functions_framework import create_app
from werkzeug.serving import make_server

from infrastructure.local.other_sites import without_pages
from infrastructure.local.plan import ROOT, Plan
from infrastructure.local.topology import Topology

MAIN = ROOT / "functions" / "main.py"


def serve(plan: Plan, topology: Topology) -> None:
    """Answer until the process is ended."""
    servers = [
        server_of(target, plan.listen_host, plan.ports[name])
        for name, target in topology.functions.items()
    ]
    threads = [threading.Thread(target=server) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def server_of(target: str, host: str, port: int) -> Callable[[], None]:
    """Server of a function until the process is ended, as WSGI or ASGI as it was written."""
    app = create_app(target, str(MAIN))  # type: ignore[no-untyped-call]  # it ships half its types
    if isinstance(app, Flask):
        return make_server(host, port, without_pages(app), threaded=True).serve_forever
    config = uvicorn.Config(app, host, port, access_log=False, log_level="warning", log_config=None)
    return uvicorn.Server(config).run


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    serve(Plan.load(Path(sys.argv[1])), Topology.load())
