"""Ends process groups whose owner is gone, however it went; needs only the standard library.

The owner starts it with a pipe on stdin and writes one line per group: `+PGID` when it starts one,
`-PGID` when that group has ended. The pipe closes when the owner dies (SIGKILL included), and
whatever is still listed is ended. Unlike Linux' PDEATHSIG this works on every Unix and reaches
grandchildren.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable

GRACE_SECONDS = 3.0


def listed_groups(lines: Iterable[str]) -> set[int]:
    """The groups that were started and not ended, once the owner has closed the pipe."""
    groups: set[int] = set()
    for line in lines:
        if line.startswith("+"):
            groups.add(int(line[1:]))
        elif line.startswith("-"):
            groups.discard(int(line[1:]))
    return groups


def end(groups: set[int]) -> None:
    """Ask every group to stop, and kill what is left after the grace period."""
    signal_all(groups, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline and any(alive(group) for group in groups):
        time.sleep(0.05)
    signal_all(groups, signal.SIGKILL)


def signal_all(groups: set[int], signal_number: int) -> None:
    """Send a signal to each group that still exists."""
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal_number)


def alive(group: int) -> bool:
    """Tell if any process of the group exists (zombies count)."""
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    end(listed_groups(sys.stdin))
