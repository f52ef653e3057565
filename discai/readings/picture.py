"""`Picture`: an encoded picture that notebooks show by themselves."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Picture:
    """A picture; in a notebook the last expression of a cell is shown.

    Attributes:
        png: the bytes of its file.
    """

    png: bytes = field(repr=False)

    def save(self, path: str | Path) -> None:
        """Writes the PNG file, in place of one of that name."""
        Path(path).write_bytes(self.png)

    def _repr_png_(self) -> bytes:
        """The picture, as IPython asks for it."""
        return self.png
