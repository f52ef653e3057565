"""One launcher at a time in one folder."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infrastructure.local.errors import SetupError


@contextmanager
def only_one(folder: Path) -> Iterator[int]:
    """Hold the folder's lock; `SetupError` if another launcher holds it."""
    import psutil  # ports are looked at before it is installed

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as lock:
        while not locked(lock.fileno()):
            lock.seek(0)
            holder = int(lock.read() or 0)
            if psutil.pid_exists(holder):
                raise SetupError(f"DiscAI is already running in {folder} as process {holder}.")
            time.sleep(0.1)  # it was killed, and its watchdog is ending what it had started
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield lock.fileno()


def locked(file: int) -> bool:
    """Take the file's lock; False if another process has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
