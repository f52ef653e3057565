"""The lumbar levels, the label vocabulary and the values of a segmentation: defined once, here."""

from typing import Final, Literal, get_args

Level = Literal["L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1"]

#: The lumbar discs from the head down, as people list them.
LEVELS: Final[tuple[Level, ...]] = get_args(Level)

#: Every disc that a lumbar scan may show, from the sacrum up: levels are counted in this order.
LEVELS_FROM_SACRUM: Final = (
    *reversed(LEVELS),
    "T12-L1",
    "T11-T12",
    "T10-T11",
    "T9-T10",
    "T8-T9",
    "T7-T8",
)

HERNIATED_SUFFIX: Final = "_LDH"

#: Class names of `user_corrected_labels/`; the index in this tuple is the class in the file.
YOLO_CLASSES: Final = tuple(level + suffix for level in LEVELS for suffix in ("", HERNIATED_SUFFIX))

#: Voxel values of `segmentation.mha`; 0 is background.
FIRST_VERTEBRA: Final = 1  # 1 is the lowest vertebra (L5), 2 the next one up, to 99
LAST_VERTEBRA: Final = 99
CANAL: Final = 100
FIRST_DISC: Final = 201  # 201 is L5-S1, 202 is L4-L5, … upward


def disc_value(level: str) -> int:
    """The segmentation value of a disc: 201 for L5-S1, 202 for L4-L5, and so on upward."""
    return FIRST_DISC + LEVELS_FROM_SACRUM.index(level)
