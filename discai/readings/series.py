"""`SeriesReading`: one scan and what a model read in it, for people who write Python."""

import io
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from discai.errors import PermanentError
from discai.pictures.output import prediction_json, write_prediction
from discai.pictures.quantities import discs_csv
from discai.pictures.rendering import Pictures
from discai.reading import Reading
from discai.readings.mask import Mask
from discai.readings.picture import Picture
from discai.records.study import Sequence
from discai.scan import Scan

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class SeriesReading:
    """One scan as a model read it.

    Attributes:
        name: of the file, without its extension; of a series of several its label, as `1-t2`.
        sequence: such as `T2`; None where nothing says it.
        scan: the voxels that were read, in the canonical frame.
        reading: what the model said, in the canonical frame, unrounded.
    """

    name: str
    sequence: Sequence | None
    scan: Scan = field(repr=False)
    reading: Reading = field(repr=False)

    @cached_property
    def discs(self) -> "pd.DataFrame":
        """The table of `discs.csv`: lumbar discs from the head down, one a row.

        `docs/quantities.md` says what each column is; slices count as in the scan's file.
        """
        import pandas as pd

        return pd.read_csv(io.StringIO(discs_csv(self.name, self.scan, self.reading)))

    @cached_property
    def mask(self) -> Mask:
        """The segmentation, as `segmentation.mha` has it."""
        stored = self.scan.to_stored(self.reading.segmentation)
        return Mask(stored.astype(np.uint8), self.scan.grid.spacing_mm, self.scan.grid)

    @cached_property
    def prediction(self) -> dict[str, Any]:
        """The values of `prediction.json`."""
        return prediction_json(self.scan, self.reading)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences for a person: odd anatomy, low confidence, what was left out."""
        return self.reading.warnings

    def show(self, slice: int | None = None) -> Picture:  # noqa: A002 - the field's word
        """A slice with outlines, levels and probabilities: the key slice if none is named.

        `slice` counts as in the scan's file, as in `discs`. Raises `PermanentError("bad-option")`
        if there is none of that number.
        """
        count = len(self.scan.voxels)
        if slice is not None and not 0 <= slice < count:
            raise PermanentError(
                "bad-option", f"There is no slice {slice}. The last is {count - 1}."
            )
        # Counting from the other end is its own inverse.
        index = self.reading.key_slice if slice is None else self.scan.slice_to_stored(slice)
        return Picture(self._pictures.overlay(index))

    def save(self, folder: str | Path) -> None:
        """Writes what `discai predict` writes of one scan into a folder; others there stay."""
        write_prediction(Path(folder), self.scan, self.reading)

    @cached_property
    def _pictures(self) -> Pictures:
        return Pictures(self.scan, self.reading)
