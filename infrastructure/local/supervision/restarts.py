"""Restarts of a part that has died: how soon the next one comes, and when it is no use."""

import time
from collections.abc import Callable

CALM_SECONDS = 15.0
MOST_IN_A_ROW = 5
LONGEST_DELAY_SECONDS = 8.0


class Restarts:
    """Restarts of one part.

    Whatever was of use for `CALM_SECONDS` before it died counts from one; else each death in a row
    is followed by a longer wait than the one before.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._in_a_row = 0
        self._started_at = clock()

    def started(self) -> None:
        """Note that the part was started, and again that it is of use."""
        self._started_at = self._clock()

    def delay_seconds(self) -> float | None:
        """Seconds to wait after a death until the next start; None if it has died too often."""
        if self._clock() - self._started_at >= CALM_SECONDS:
            self._in_a_row = 0
        self._in_a_row += 1
        if self._in_a_row > MOST_IN_A_ROW:
            return None
        if self._in_a_row == 1:
            return 0.0
        return float(min(LONGEST_DELAY_SECONDS, 2 ** (self._in_a_row - 2)))
