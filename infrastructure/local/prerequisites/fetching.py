"""Fetching a pinned file: resumed where it broke off, and never used before it was checked."""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from infrastructure.local.errors import SetupError
from infrastructure.local.prerequisites.network import (
    NOT_SATISFIABLE,
    TransientError,
    failure,
    opened,
)
from infrastructure.local.prerequisites.progress import Progress, megabytes

CHUNK_BYTES = 1 << 20
#: Waits between tries that brought nothing, in seconds.
WAITS_SECONDS = (1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True)
class Pin:
    """A file as its publisher made it.

    Attributes:
        title: the words for a person, with the version.
        size: in bytes.
        sha256: in hexadecimal digits.
    """

    title: str
    name: str
    size: int
    sha256: str

    def fault(self, path: Path) -> str | None:
        """Tell how a file differs from what is pinned, in words that end a sentence; else None."""
        if (size := path.stat().st_size) != self.size:
            return f"has {size} bytes and not {self.size}"
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
        if digest.hexdigest() != self.sha256:
            return f"has the SHA-256 {digest.hexdigest()[:12]}… and not {self.sha256[:12]}…"
        return None


class Fetching:
    """One download to one place; several programs may ask for it at once.

    What has come lies in `NAME.part` beside its place until it is whole and checked.
    """

    def __init__(
        self,
        pin: Pin,
        url: str,
        target: Path,
        say: Callable[[str], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._pin = pin
        self._url = url
        self._target = target
        self._part = target.with_name(target.name + ".part")
        self._say = say
        self._sleep = sleep

    def run(self) -> None:
        """Have the file in its place.

        Raises:
            SetupError: it can't be had; a sentence that says why and what to do.
        """
        self._target.parent.mkdir(parents=True, exist_ok=True)
        with self._part.open("a+b") as file:
            self._wait_for_others(file)
            if self._target.is_file() and not self._pin.fault(self._target):
                self._part.unlink(missing_ok=True)
                return
            self._complete(file)
            if fault := self._pin.fault(self._part):
                self._say(f"What has come of {self._pin.title} {fault}: it is fetched again.")
                file.truncate(0)
                self._complete(file)
                if fault := self._pin.fault(self._part):
                    file.truncate(0)
                    raise SetupError(
                        f"What {self._url} hands out {fault}: it is not the pinned "
                        f"{self._pin.title}, and is not used."
                    )
            self._part.replace(self._target)

    def _wait_for_others(self, file: BinaryIO) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._say(f"Another program fetches {self._pin.title}; waiting for it.")
            fcntl.flock(file, fcntl.LOCK_EX)

    def _complete(self, file: BinaryIO) -> None:
        """Receive until nothing is missing; who brings nothing several times is given up."""
        failures = 0
        while (had := size_of(file)) < self._pin.size:
            try:
                self._receive(file, had)
                if size_of(file) < self._pin.size:
                    raise TransientError("the connection broke off")
            except TransientError as error:
                failures = 0 if size_of(file) > had else failures + 1
                if error.code == NOT_SATISFIABLE:  # there is less than has come: it is another file
                    file.truncate(0)
                if failures > len(WAITS_SECONDS):
                    raise SetupError(self._given_up(error, size_of(file))) from error
                wait = WAITS_SECONDS[max(0, failures - 1)]
                self._say(f"{self._pin.title}: {error}; again in {wait:.0f} s.")
                self._sleep(wait)

    def _receive(self, file: BinaryIO, had: int) -> None:
        """Append what one answer brings, or begin again where the server doesn't resume."""
        with opened(self._url, {"Range": f"bytes={had}-"} if had else {}) as answer:
            resumed = answer.status == 206
            if had and not resumed:
                file.truncate(0)
            self._check_length(answer, had if resumed else 0)
            progress = Progress(self._pin.title, self._pin.size, self._say)
            while chunk := self._chunk(answer):
                file.write(chunk)
                file.flush()
                if (size := size_of(file)) > self._pin.size:
                    raise SetupError(self._of_another_size(f"more than {self._pin.size}"))
                progress.at(size)

    def _chunk(self, answer: http.client.HTTPResponse) -> bytes:
        try:
            return answer.read1(CHUNK_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise failure(error, self._url) from error

    def _check_length(self, answer: http.client.HTTPResponse, before: int) -> None:
        if before:
            found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers["Content-Range"] or "")
            if found is None or int(found[1]) != before:
                raise SetupError(f"{self._url} doesn't resume where it was asked to.")
        length = answer.headers["Content-Length"]
        if length and before + int(length) != self._pin.size:
            raise SetupError(self._of_another_size(str(before + int(length))))

    def _of_another_size(self, size: str) -> str:
        return (
            f"{self._url} hands out {size} bytes and not {self._pin.size}: it is not the pinned "
            f"{self._pin.title}, and is not used."
        )

    def _given_up(self, error: TransientError, size: int) -> str:
        return (
            f"{self._pin.title} can't be fetched: {error} ({megabytes(size)} of "
            f"{megabytes(self._pin.size)} MB have come). Try again later: it goes on from there."
        )


def size_of(file: BinaryIO) -> int:
    """Bytes of an open file."""
    return file.seek(0, 2)
