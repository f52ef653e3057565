"""Ports for what tests start, against all other tests and clouds of this user."""

from infrastructure.local.supervision.ports import Ports

_HELD = Ports()


def free_port() -> int:
    """A port that is this process's until it ends."""
    return _HELD.hold()
