"""Labelled crops of drawn discs: the herniated ones reach behind their vertebrae's back walls."""

import numpy as np

from discai.anatomy import LEVELS
from pipeline.training.crops import LabelledCrop
from tests.support.drawn_crops import crop


def labelled(series: str, slice_number: int, level: str = "L5-S1", bulge: int = 0) -> LabelledCrop:
    patient, sequence = series.split("_")
    return LabelledCrop(
        series, int(patient), sequence, slice_number, level, bulge > 4, crop(bulge=bulge)
    )


def made_up_crops(patients: int = 20) -> list[LabelledCrop]:
    """One T2 slice of each patient; of some the two lowest discs are herniated."""
    random = np.random.default_rng(0)
    return [
        labelled(
            f"{patient}_t2", 0, level, int(random.integers(8, 12) if sick else random.integers(4))
        )
        for patient in range(patients)
        for level in LEVELS
        for sick in [patient % 3 == 0 and level in LEVELS[3:]]
    ]
