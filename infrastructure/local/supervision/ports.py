"""Ports that one cloud holds, against all other clouds of this user, for as long as it lasts.

A port that is only looked for is free for whoever looks in the same moment. So each port that a
cloud takes has a lock file, held from before it is looked at until all that listens there has
ended.
"""

from __future__ import annotations

import contextlib
import os
import random
import socket
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from infrastructure.local.errors import SetupError
from infrastructure.local.supervision.lock import locked

if TYPE_CHECKING:
    from typing import Self  # a look at ports must run on older Pythons, too

HOST = "127.0.0.1"
# Below those that the system hands out to whoever connects.
OTHERS = range(10_000, 32_000)
TRIES = 100


class Ports:
    """Ports of one cloud; leaving the context gives them back.

    Attributes:
        host: the address that is listened on.
    """

    def __init__(self, host: str = HOST, folder: Path | None = None) -> None:
        self.host = host
        self._folder = folder or shared_folder()
        self._locks: dict[int, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def files(self) -> tuple[int, ...]:
        """Descriptors of the locks; a port is held while any process has its file open."""
        return tuple(self._locks.values())

    def hold(self, preferred: int | None = None) -> int:
        """The preferred port, or another one where it is held or listened on already.

        Raises:
            SetupError: there is none.
        """
        others = random.sample(OTHERS, TRIES)
        for port in others if preferred is None else (preferred, *others):
            if port not in self._locks and self._take(port):
                return port
        raise SetupError("There is no free TCP port on this machine.")

    def close(self) -> None:
        """Give all ports back."""
        while self._locks:
            os.close(self._locks.popitem()[1])

    def _take(self, port: int) -> bool:
        # The files stay: one that is removed would be locked by two who opened it before and after.
        file = os.open(self._folder / f"{port}.lock", os.O_CREAT | os.O_RDWR, 0o600)
        if locked(file) and is_free(self.host, port):
            self._locks[port] = file
            return True
        os.close(file)
        return False


def shared_folder() -> Path:
    """The folder of this user's locks, whichever temporary folder a shell has.

    Raises:
        SetupError: it belongs to somebody else.
    """
    folder = Path(f"/tmp/discai-ports-{os.getuid()}")  # noqa: S108 (checked below)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise SetupError(f"{folder} belongs to another user: have it removed.")
    return folder


def is_free(host: str, port: int) -> bool:
    """Tell if nothing listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
