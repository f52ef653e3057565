"""`Part`: what the files of one kind come to."""

from dataclasses import dataclass

from discai.errors import PermanentError
from discai.study.series import Series


@dataclass(frozen=True)
class Part:
    """The series of one kind of images, in their order, and what isn't read.

    Attributes:
        left_out: what and why, once for each thing.
        failure: the truest reason why nothing can be read, if so.
        damage: the first reason why a file can't even be told to be an image.
    """

    series: tuple[Series, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    failure: PermanentError | None = None
    damage: PermanentError | None = None
