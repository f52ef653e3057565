"""One folder for all temporary files, in which nothing that is dead leaves anything for long.

A process that is killed can't clean up, and what it leaves may be a patient's scan. So each has a
folder of its own below one that is the user's alone, and whoever comes next removes those of the
dead. A living one holds a lock, which the system takes away from whoever dies.

    /tmp/discai-UID/           mode 0700
        lock                   held for a moment, by whoever looks around or moves in
        k3jx2a/                of one process, everything that `tempfile` makes in it
        k3jx2a.lock            held as long as that process lives
"""

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

_LOCK: Final = ".lock"


class Scratch:
    """A process's own folder, in which `tempfile` makes what is made within the context.

    `parent` is the system's folder for temporary files, if not said otherwise. Raises
    `PermissionError` if somebody else's folder has the name of ours.
    """

    def __init__(self, parent: Path | None = None) -> None:
        home = (parent or Path(tempfile.gettempdir())) / f"discai-{os.getuid()}"
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        _require_ours(home)
        with _locked(home / "lock"):
            _remove_what_the_dead_left(home)
            self.folder = Path(tempfile.mkdtemp(prefix="", dir=home))
            self._lock = _open(self._lock_file)
            fcntl.flock(self._lock, fcntl.LOCK_EX)

    def __enter__(self) -> Self:
        self._before = tempfile.tempdir
        tempfile.tempdir = str(self.folder)
        return self

    def __exit__(self, *_: object) -> None:
        tempfile.tempdir = self._before
        self.leave()

    def leave(self) -> None:
        """Removes the folder with all that is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock_file.unlink(missing_ok=True)
        os.close(self._lock)

    @property
    def _lock_file(self) -> Path:
        return self.folder.with_name(self.folder.name + _LOCK)


def _require_ours(home: Path) -> None:
    found = home.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(f"{home} is somebody else's; set TMPDIR to another folder.")
    home.chmod(0o700)  # whatever the umask of who made it


def _remove_what_the_dead_left(home: Path) -> None:
    for folder in home.iterdir():
        if not folder.is_dir():
            continue
        lock_file = folder.with_name(folder.name + _LOCK)
        lock = _open(lock_file)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue  # it lives
        else:
            shutil.rmtree(folder, ignore_errors=True)
            lock_file.unlink(missing_ok=True)
        finally:
            os.close(lock)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    lock = _open(path)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
