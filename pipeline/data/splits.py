"""Patients told apart, and the scans that no model may learn from."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: The newest corrected scans are kept from training, so many of them.
HELD_OUT_SHARE: Final = 0.2


def held_out(corrected_at: Mapping[str, datetime]) -> frozenset[str]:
    """The ids of the newest corrected scans, which are kept from training.

    `corrected_at` says by scan id when a reviewer corrected it last.
    """
    oldest_first = sorted((at, scan_id) for scan_id, at in corrected_at.items())
    count = int(HELD_OUT_SHARE * len(oldest_first))
    return frozenset(scan_id for _, scan_id in oldest_first[len(oldest_first) - count :])


def patient_of(digest: str) -> int:
    """A number for the unknown patient of an uploaded scan with this pixel digest.

    Each scan is a patient, and copies of one scan are the same.
    """
    return int(digest[:12], 16)


def pixel_digest(voxels: NDArray[np.generic]) -> str:
    """Digest of a scan's pixels, the same whatever file they came in."""
    shape = np.array(voxels.shape, np.int64).tobytes()
    return hashlib.sha256(shape + np.ascontiguousarray(voxels, np.int64).tobytes()).hexdigest()
