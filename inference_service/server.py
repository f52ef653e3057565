"""The HTTP server, stopped within ten seconds by the signal that Cloud Run sends."""

from types import FrameType
from typing import Final

import uvicorn

#: Cloud Run kills the container ten seconds after SIGTERM.
_GRACE_SECONDS: Final = 8


class Server(uvicorn.Server):
    """Tells the app's desk of a stop signal before it waits for the requests to end."""

    def __init__(self, config: uvicorn.Config) -> None:
        config.timeout_graceful_shutdown = _GRACE_SECONDS
        config.log_config = None  # the logs of this process are JSON already
        config.access_log = False
        super().__init__(config)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM or SIGINT came, in the thread of the event loop."""
        self.config.app.state.desk.stop()
        self.should_exit = True

    def give_up(self) -> None:
        """Ends the server; for any thread."""
        self.should_exit = True
