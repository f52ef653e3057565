"""Shows a reading's progress and keeps its lease, from a thread of its own."""

import logging
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Protocol, Self

from discai.cloud.claim import LeaseLostError
from discai.errors import RetryableError
from discai.records.scans import Progress, Step

logger = logging.getLogger(__name__)

#: Between two writes: a page that follows the scan needs no more, and Firestore likes no more.
SHORTEST_PAUSE_SECONDS: Final = 0.25


class Claim(Protocol):
    """A document that this worker holds."""

    @property
    def about(self) -> Mapping[str, str]:
        """Names it in logs."""

    def report(self, progress: Progress | None) -> None:
        """Shows progress, if there is any, and renews the lease; may raise `LeaseLostError`."""


class Reporter:
    """Called by the reading with `(step, done, total)`; never makes it wait.

    Within its context it writes the newest progress at most four times a second, and renews the
    lease every `beat_seconds` also when there is none.
    """

    def __init__(self, claim: Claim, beat_seconds: float) -> None:
        self._claim = claim
        self._beat_seconds = beat_seconds
        self._latest: Progress | None = None
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._write_until_stopped, daemon=True)

    def __call__(self, step: Step, done: int, total: int) -> None:
        """Takes note of how far the step is."""
        self._latest = Progress(step=step, done=done, total=total)
        self._news.set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._news.set()
        self._thread.join()

    def _write_until_stopped(self) -> None:
        while not self._stopping.is_set():
            self._news.wait(self._beat_seconds)
            self._news.clear()
            if not self._stopping.is_set():
                self._write()
                self._stopping.wait(SHORTEST_PAUSE_SECONDS)

    def _write(self) -> None:
        try:
            self._claim.report(self._latest)
        except LeaseLostError:
            self._stopping.set()
        except RetryableError as error:
            # The lease outlasts several beats: the next one may reach Firestore again.
            logger.warning(error.message, extra=self._claim.about)
        except Exception:  # without this thread the lease would run out under the reading
            logger.exception("progress was not written", extra=self._claim.about)
