"""Waiting for what a test has set off, however slow the machine is."""

import time
from collections.abc import Callable

#: Ends a hang and measures nothing: what is waited for takes seconds.
PATIENCE_SECONDS = 180
SOON_SECONDS = 5.0
POLL_SECONDS = 0.02


def wait_until(
    condition: Callable[[], object],
    seconds: float = PATIENCE_SECONDS,
    *,
    told: Callable[[], object] = lambda: "it did not happen in time",
) -> None:
    """Waits for something to become true; the failure says what `told` finds then."""
    started = time.monotonic()
    while not condition():
        waited = time.monotonic() - started
        assert waited < seconds, told()
        # What takes long must not be slowed down by looking.
        time.sleep(POLL_SECONDS if waited < SOON_SECONDS else 10 * POLL_SECONDS)
