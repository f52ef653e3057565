"""NIfTI of a segmentation, as other programs of research take it."""

import gzip
from typing import Any, Final

import nibabel
import numpy as np
from numpy.typing import NDArray

from discai.reading import Reading
from discai.scan import Scan

#: DICOM's and ITK's axes point left and to the back, NIfTI's right and to the front.
_LPS_TO_RAS: Final = np.array([-1.0, -1.0, 1.0])


def segmentation_nifti(scan: Scan, reading: Reading) -> bytes:
    """The segmentation (uint8, values as in `discai.anatomy`) where the scan's own voxels lie.

    The same reading gives the same bytes.
    """
    mask = scan.to_stored(reading.segmentation.astype(np.uint8))
    affine = _affine(scan)
    image: Any = nibabel.Nifti1Image(mask.T, affine)  # type: ignore[no-untyped-call]  # partly typed
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, code="scanner")
    image.set_qform(affine, code="scanner")
    packed: bytes = gzip.compress(image.to_bytes(), compresslevel=6, mtime=0)
    return packed


def _affine(scan: Scan) -> NDArray[np.float64]:
    """From voxel indices (x, y, z) to millimetres in RAS."""
    z, y, x = scan.grid.spacing_mm or (1.0, 1.0, 1.0)
    affine = np.eye(4)
    affine[:3, :3] = np.array(scan.grid.direction).reshape(3, 3) * (x, y, z)
    affine[:3, 3] = scan.grid.origin_mm
    affine[:3] *= _LPS_TO_RAS[:, None]
    return affine
