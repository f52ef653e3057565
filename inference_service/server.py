"""The HTTP server, stopped within ten seconds by the signal that Cloud Run sends."""

import logging
import os
from collections.abc import Callable
from types import FrameType
from typing import Final, NoReturn

import uvicorn
from starlette.applications import Starlette

from inference_service.model import ServedModel

#: Cloud Run kills the container ten seconds after SIGTERM.
_GRACE_SECONDS: Final = 8


class Server(uvicorn.Server):
    """Calls `on_stop` at a stop signal, before it waits for the requests to end."""

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stop = on_stop

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM or SIGINT came, in the thread of the event loop."""
        self._on_stop()
        self.should_exit = True

    def give_up(self) -> None:
        """Ends the server; for any thread."""
        self.should_exit = True


def serve(
    app: Starlette,
    model: ServedModel,
    host: str,
    port: int,
    at_end: Callable[[], None] = lambda: None,
) -> NoReturn:
    """Opens the port, loads the model, and ends the process after a signal.

    The exit status is 1 if the model could not be loaded. Calls `at_end` last: no context that the
    process is in is left.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        log_config=None,  # the logs of this process are JSON already
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    server = Server(config, on_stop=app.state.one_at_a_time.stop)
    model.start(on_failure=server.give_up)
    server.run()
    logging.shutdown()
    at_end()
    # Not sys.exit: it would wait for the thread that reads, and a network can't be interrupted.
    os._exit(1 if model.has_failed else 0)
