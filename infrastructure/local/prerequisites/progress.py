"""Words about a download that is under way."""

from __future__ import annotations

import time
from collections.abc import Callable

EVERY_SECONDS = 2.0


class Progress:
    """A line every two seconds, with the speed and the time that is left; none of what is quick."""

    def __init__(
        self,
        title: str,
        size: int,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._title = title
        self._size = size
        self._say = say
        self._clock = clock
        self._began = self._said = clock()
        self._first: int | None = None

    def at(self, size: int) -> None:
        """So many bytes are there."""
        if self._first is None:
            self._first = size
        now = self._clock()
        if now - self._said < EVERY_SECONDS:
            return
        self._said = now
        speed = (size - self._first) / (now - self._began)
        left = f", {(self._size - size) / speed:.0f} s left" if speed else ""
        self._say(
            f"{self._title}: {megabytes(size)} of {megabytes(self._size)} MB "
            f"({size / self._size:.0%}), {speed / 1e6:.1f} MB/s{left}"
        )


def megabytes(size: int) -> str:
    """Bytes as megabytes, in the fewest digits that tell them from nothing."""
    return f"{size / 1e6:.0f}" if size >= 10e6 else f"{size / 1e6:.1f}"
