"""Progress of a step, kept in a bucket, so that a step that is tried again goes on.

Vertex AI starts a step again, with the same arguments and an empty disk, when its machine was taken
away. Each finished part is a file of its own, uploaded once it is whole; `named_by` makes the
folder's name out of all that the parts depend on, so that nothing else is ever found in it.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from discai.cloud.folders import download_folder
from discai.cloud.retrying import retryable
from discai.errors import PermanentError

Compute = Callable[[], NDArray[Any]]
Once = Callable[[str, Compute], NDArray[Any]]
"""`once(name, compute)`: the array of that name if it was ever computed, else `compute()`."""


def always_compute(_name: str, compute: Compute) -> NDArray[Any]:
    """A `Once` that remembers nothing."""
    return compute()


def named_by(**everything: Any) -> str:
    """A short name that changes with anything in it; values as JSON has them."""
    text = json.dumps(everything, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Progress:
    """A folder of finished parts, and the same under a prefix of a bucket.

    Args:
        folder: where the parts lie on this machine.
        bucket: a `google.cloud.storage.Bucket`; None where nothing has to outlive this machine.
        prefix: ends with a slash.
    """

    def __init__(self, folder: Path, bucket: Any = None, prefix: str = "") -> None:
        self.folder = folder
        self._bucket = bucket
        self._prefix = prefix
        folder.mkdir(parents=True, exist_ok=True)

    @classmethod
    def found(cls, folder: Path, bucket: Any, prefix: str) -> Self:
        """With all that an earlier try has left in the bucket."""
        progress = cls(folder, bucket, prefix)
        download_folder(bucket, prefix, folder)
        return progress

    def part(self, name: str) -> "Progress":
        """A folder inside."""
        return Progress(self.folder / name, self._bucket, f"{self._prefix}{name}/")

    def once(self, name: str, compute: Compute) -> NDArray[Any]:
        """The array of that name, computed and kept if it isn't there.

        Raises `PermanentError("progress-damaged")` if it is there but damaged.
        """

        def write(path: Path) -> None:
            with path.open("wb") as file:
                np.save(file, compute())

        path = self.file(f"{name}.npy", write)
        try:
            return np.asarray(np.load(path))
        except (EOFError, ValueError) as error:
            raise PermanentError(
                "progress-damaged", f"What an earlier try has left as {path.name} is damaged."
            ) from error

    def file(self, name: str, write: Callable[[Path], None]) -> Path:
        """The file of that name, written and kept if it isn't there."""
        path = self.folder / name
        if not path.exists():
            unfinished = path.with_name(f"unfinished-{name}")
            write(unfinished)
            unfinished.replace(path)
            self.keep(name)
        return path

    def keep(self, name: str) -> None:
        """Uploads a file of the folder, in place of what it was before."""
        if self._bucket is not None:
            with retryable("Cloud Storage"):
                blob = self._bucket.blob(f"{self._prefix}{name}")
                blob.upload_from_filename(str(self.folder / name))
