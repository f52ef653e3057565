"""What isn't a lumbar spine seen from the side is refused, in words for a person."""

import numpy as np

from discai.errors import PermanentError
from discai.spine import Spine

#: Fewer discs in a row than this aren't a lumbar spine.
FEWEST_DISCS = 3
#: A chain of real discs scores nearly one for each; noise and other planes stay below this.
LEAST_SCORE = 1.5
#: At so many of its discs a spine has a vertebra next to them.
VERTEBRA_SHARE = 0.6
#: Bone in this many square millimetres is a vertebra.
VERTEBRA_MM2 = 200.0


def refuse_unless_lumbar(spine: Spine) -> None:
    """Raise `PermanentError` unless a row of discs with vertebrae between them is seen.

    `not-sagittal` where neither is seen, `no-discs` where the vertebrae of a spine are there, but
    too few discs between them.
    """
    bodies = _bodies(spine)
    discs = len(spine.chain.discs)
    if discs >= FEWEST_DISCS and spine.chain.score >= LEAST_SCORE:
        if bodies >= VERTEBRA_SHARE * discs:
            return
    elif bodies >= FEWEST_DISCS:
        raise PermanentError(
            "no-discs", "Vertebrae are visible, but no row of discs can be made out between them."
        )
    raise not_a_lumbar_spine()


def not_a_lumbar_spine() -> PermanentError:
    """The refusal of what is no sagittal lumbar MRI."""
    return PermanentError(
        "not-sagittal", "This does not look like a lumbar spine seen from the side."
    )


def _bodies(spine: Spine) -> int:
    """How many of the numbered vertebrae are large enough to be one."""
    pixel_mm2 = spine.voxel_mm[1] * spine.voxel_mm[2]
    sizes = [
        (spine.vertebrae == number).sum(axis=(1, 2)).max() * pixel_mm2
        for number in range(1, len(spine.chain.discs) + 1)
    ]
    return int(np.count_nonzero(np.array(sizes) >= VERTEBRA_MM2))
