"""`Mask`: the segmentation of a scan as an array, and as images of other libraries."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from discai.anatomy import LEVELS_FROM_SACRUM, disc_value
from discai.errors import PermanentError
from discai.scan import StoredGrid

if TYPE_CHECKING:
    import nibabel
    import SimpleITK


@dataclass(frozen=True, eq=False)
class Mask:
    """The segmentation on the scan's own grid: the voxels of `segmentation.mha`.

    NumPy takes it as the array that it holds.

    Attributes:
        array: uint8 `(z, y, x)`, axes as in the file, slowest first: vertebrae 1 to 99, canal 100,
            discs 201 (L5-S1), 202 (L4-L5) and so on upward.
        spacing_mm: along the axes of `array`; None for pictures, which say none.
    """

    array: NDArray[np.uint8]
    spacing_mm: tuple[float, float, float] | None
    _grid: StoredGrid = field(repr=False)

    @property
    def affine(self) -> NDArray[np.float64]:
        """4 x 4, from an index `(z, y, x, 1)` of `array` to patient coordinates in mm.

        They are RAS, as nibabel has them: to the right, to the front, up. Pixels of pictures count
        as 1 mm, as in every file of a result.
        """
        from discai.export.nifti import ras_affine

        return ras_affine(self._grid)[:, [2, 1, 0, 3]]

    def disc(self, level: str) -> NDArray[np.bool_]:
        """The voxels of one disc, such as `L4-L5`; none where it isn't seen.

        Raises `PermanentError("bad-option")` for what is no level.
        """
        if level not in LEVELS_FROM_SACRUM:
            levels = ", ".join(LEVELS_FROM_SACRUM)
            raise PermanentError("bad-option", f"There is no level {level!r}; there are {levels}.")
        return np.equal(self.array, disc_value(level))

    def to_nibabel(self) -> "nibabel.Nifti1Image":
        """The same as a nibabel image, whose axes are `(x, y, z)`."""
        from discai.export.nifti import nifti_image

        image: nibabel.Nifti1Image = nifti_image(self.array, self._grid)
        return image

    def to_simpleitk(self) -> "SimpleITK.Image":
        """The same as a SimpleITK image."""
        import SimpleITK as sitk  # noqa: N813 - everybody's name for it

        image = sitk.GetImageFromArray(self.array)
        image.SetSpacing(tuple(reversed(self.spacing_mm or (1.0, 1.0, 1.0))))
        image.SetOrigin(self._grid.origin_mm)
        image.SetDirection(self._grid.direction)
        return image

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.array, dtype, copy=copy)

    def __repr__(self) -> str:
        return f"Mask(shape={self.array.shape}, spacing_mm={self.spacing_mm})"
