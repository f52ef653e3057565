"""Every function in one process, each on a port of its own: an import each would cost seconds.

`python -m infrastructure.local.functions PLAN.json`, started by the launcher. In the cloud each is
a service of its own; the apps are the same, made by functions-framework.
"""

import logging
import sys
import threading
from pathlib import Path

from functions_framework import create_app
from werkzeug.serving import make_server

from infrastructure.local.plan import ROOT, Plan
from infrastructure.local.processes import HOST
from infrastructure.local.topology import Topology

MAIN = ROOT / "functions" / "main.py"


def serve(plan: Plan, topology: Topology) -> None:
    """Answer until the process is ended."""
    servers = [
        make_server(HOST, plan.ports[name], create_app(target, str(MAIN)), threaded=True)
        for name, target in topology.functions.items()
    ]
    threads = [threading.Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    serve(Plan.load(Path(sys.argv[1])), Topology.load())
