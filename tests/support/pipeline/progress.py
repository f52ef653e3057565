"""Progress of training that loses its machine, or needs no training."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.training.progress import Compute, Progress


class MachineGone(BaseException):
    """What no code catches, as none catches its machine's end."""


class Kept(Progress):
    """Notes what is kept, and may lose its machine with the last part that it can keep."""

    def __init__(self, folder: Path, lasts: int = 1000, kept: list[str] | None = None) -> None:
        super().__init__(folder)
        self.lasts = lasts
        self.kept = [] if kept is None else kept

    def part(self, name: str) -> "Kept":
        return type(self)(self.folder / name, self.lasts, self.kept)

    def keep(self, name: str) -> None:
        self.kept.append(f"{self.folder.name}/{name}")
        if len(self.kept) == self.lasts:
            raise MachineGone


class Guessed(Kept):
    """Folds that need no training: what unseen discs get is drawn from the fold's name."""

    def once(self, name: str, compute: Compute) -> NDArray[Any]:
        assert isinstance(compute, partial)
        asked = compute.args[1].labels
        seed = list(f"{self.folder.name} {name}".encode())
        return super().once(name, lambda: np.random.default_rng(seed).normal(size=len(asked)))
