"""Decoders written in C++ run in a child process that can do little harm.

The child has limits on memory, processor time and open files, can't write a byte to any file,
inherits no environment (so no credentials), and hands its pixels back through a pipe. The parent
checks what arrives before it allocates anything.

    parent                                   child (python -m discai.scan.sandbox)
    run("discai.scan.nifti", [path])  ->     limits itself, imports the module, calls decode(paths)
    StoredVolume or PermanentError    <-     one line of JSON, then the raw pixels

`describe` asks a module in the same way what files are: its answer is the line of JSON alone.
"""

import importlib
import json
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

import numpy as np

from discai.errors import PermanentError
from discai.scan.volume import PIXEL_TYPES, StoredVolume, check_geometry, check_size

_MAX_REPLY_BYTES: Final = 256 * 2**10
#: What is said of some thousand files, a few hundred bytes each.
_MAX_DESCRIPTION_BYTES: Final = 4 * 2**20
_PIPE_BYTES: Final = 2**20
_PACKAGE_ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Limits:
    """Limits of a decoder; a large study needs about a tenth of them."""

    memory_bytes: int = 3 * 2**30
    cpu_seconds: int = 30
    wall_seconds: float = 90.0
    open_files: int = 64


def run(decoder: str, paths: list[Path], limits: Limits | None = None) -> StoredVolume:
    """The volume that `decode(paths)` of the module `decoder` returns in a child process.

    Raises:
        PermanentError: what `decode` raised, or `decoder-crashed` when the child crashed, took
            too long, needed too much memory, or answered nonsense.
    """
    with _child_of("decode", decoder, paths, limits) as pipe:
        return _receive(pipe)


def describe(describer: str, paths: list[Path], limits: Limits | None = None) -> Any:
    """The plain JSON value that `describe(paths)` of the module `describer` returns in a child.

    It comes from a process that untrusted bytes may have taken over: check it before use.

    Raises:
        PermanentError: what `describe` raised, or `decoder-crashed` as for `run`.
    """
    with _child_of("describe", describer, paths, limits) as pipe:
        return _reply_of(pipe, _MAX_DESCRIPTION_BYTES).get("description")


def crashed() -> PermanentError:
    """The error for a child that broke off or answered nonsense."""
    return PermanentError(
        "decoder-crashed",
        "The file could not be decoded within the limits of time and memory; it may be damaged.",
    )


@contextmanager
def _child_of(
    function: str, module: str, paths: list[Path], limits: Limits | None
) -> Iterator[IO[bytes]]:
    """The pipe from a child process that was given its task."""
    limits = limits or Limits()
    task = {
        "module": module,
        "function": function,
        "paths": [str(path.absolute()) for path in paths],
        "limits": asdict(limits),
    }
    child = subprocess.Popen(
        [sys.executable, "-B", "-s", "-P", "-m", "discai.scan.sandbox"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # decoders print paths and header values
        env=_environment(),
        cwd="/",
        pipesize=_PIPE_BYTES,
    )
    to_child, from_child = cast(IO[bytes], child.stdin), cast(IO[bytes], child.stdout)
    alarm = threading.Timer(limits.wall_seconds, child.kill)
    alarm.start()
    try:
        with to_child:
            to_child.write(json.dumps(task).encode())
        yield from_child
    except BrokenPipeError as error:
        raise crashed() from error
    finally:
        alarm.cancel()
        child.kill()
        from_child.close()
        child.wait()


def _environment() -> dict[str, str]:
    """One thread each: threads of numeric libraries reserve address space that is limited here."""
    return {
        "PYTHONPATH": str(_PACKAGE_ROOT),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": "1",
    }


def _reply_of(pipe: IO[bytes], max_bytes: int) -> dict[str, Any]:
    """The line of JSON; raises the `PermanentError` that it holds."""
    try:
        reply: Any = json.loads(pipe.readline(max_bytes))
        if "code" in reply:
            raise PermanentError(str(reply["code"]), str(reply["message"]))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise crashed() from error
    if not isinstance(reply, dict):
        raise crashed()
    return reply


def _receive(pipe: IO[bytes]) -> StoredVolume:
    reply = _reply_of(pipe, _MAX_REPLY_BYTES)
    try:
        z, y, x = map(int, reply["shape"])
        if reply["pixelType"] not in PIXEL_TYPES:
            raise ValueError(reply["pixelType"])
        pixel_type: np.dtype[np.generic] = np.dtype(reply["pixelType"])
        spacing = reply["spacingMm"] and tuple(map(float, reply["spacingMm"]))
        origin = tuple(map(float, reply["originMm"]))
        direction = reply["direction"] and tuple(map(float, reply["direction"]))
        removed = tuple(map(str, reply["removedTags"]))
        notes = tuple(map(str, reply["notes"]))
        sources = tuple((int(file), int(frame)) for file, frame in reply["sources"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise crashed() from error
    if len(sources) not in (0, z):
        raise crashed()
    check_size((z, y, x), pixel_type.itemsize)
    check_geometry(spacing or (1.0,), origin, direction or tuple(np.eye(3).ravel().tolist()))
    array = np.empty((z, y, x), pixel_type)
    unread = array.reshape(-1).view(np.uint8).data
    while unread:
        count = pipe.readinto(unread)  # type: ignore[attr-defined]
        if not count:
            raise crashed()
        unread = unread[count:]
    return StoredVolume(
        array, spacing, (origin[0], origin[1], origin[2]), direction, removed, notes, sources
    )


def _child() -> None:
    task = json.load(sys.stdin.buffer)
    _limit(Limits(**task["limits"]))
    try:
        answer = getattr(importlib.import_module(task["module"]), task["function"])
        answered = answer([Path(path) for path in task["paths"]])
    except PermanentError as error:
        _reply({"code": error.code, "message": error.message})
        return
    if isinstance(answered, StoredVolume):
        _send(answered)
    else:
        _reply({"description": answered})


def _send(volume: StoredVolume) -> None:
    array = np.ascontiguousarray(volume.array)
    _reply(
        {
            "shape": array.shape,
            "pixelType": array.dtype.str[1:],
            "spacingMm": volume.spacing_mm,
            "originMm": volume.origin_mm,
            "direction": volume.direction,
            "removedTags": volume.removed_tags,
            "notes": volume.notes,
            "sources": volume.sources,
        }
    )
    sys.stdout.buffer.write(array.reshape(-1).view(np.uint8).data)
    sys.stdout.buffer.flush()


def _reply(reply: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(reply).encode() + b"\n")
    sys.stdout.buffer.flush()


def _limit(limits: Limits) -> None:
    bounds = {
        resource.RLIMIT_CPU: limits.cpu_seconds,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_CORE: 0,
    }
    if sys.platform.startswith("linux"):  # macOS refuses to limit address space
        bounds[resource.RLIMIT_AS] = limits.memory_bytes
    for kind, bound in bounds.items():
        resource.setrlimit(kind, (bound, bound))


if __name__ == "__main__":
    _child()
