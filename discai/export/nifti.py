"""NIfTI of a segmentation, as other programs of research take it."""

import gzip
from typing import Any, Final

import nibabel
import numpy as np
from numpy.typing import NDArray

from discai.reading import Reading
from discai.scan import Scan, StoredGrid

#: DICOM's and ITK's axes point left and to the back, NIfTI's right and to the front.
_LPS_TO_RAS: Final = np.array([-1.0, -1.0, 1.0])


def segmentation_nifti(scan: Scan, reading: Reading) -> bytes:
    """The segmentation (uint8, values as in `discai.anatomy`) where the scan's own voxels lie.

    The same reading gives the same bytes.
    """
    image = nifti_image(scan.to_stored(reading.segmentation.astype(np.uint8)), scan.grid)
    packed: bytes = gzip.compress(image.to_bytes(), compresslevel=6, mtime=0)
    return packed


def nifti_image(stored: NDArray[np.generic], grid: StoredGrid) -> Any:
    """The nibabel image of an array that lies on a file's own grid, slowest axis first."""
    affine = ras_affine(grid)
    image: Any = nibabel.Nifti1Image(stored.T, affine)  # type: ignore[no-untyped-call]  # partly typed
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, code="scanner")
    image.set_qform(affine, code="scanner")
    return image


def ras_affine(grid: StoredGrid) -> NDArray[np.float64]:
    """From voxel indices (x, y, z) to millimetres in RAS; pixels of pictures count as 1 mm."""
    z, y, x = grid.spacing_mm or (1.0, 1.0, 1.0)
    affine = np.eye(4)
    affine[:3, :3] = np.array(grid.direction).reshape(3, 3) * (x, y, z)
    affine[:3, 3] = grid.origin_mm
    affine[:3] *= _LPS_TO_RAS[:, None]
    return affine
