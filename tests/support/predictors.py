"""What a predictor is made of, by hand: a manifest, and a network that tells levels apart."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from discai.anatomy import LEVELS
from discai.herniation.crops import CROPS_ID
from discai.manifest import Manifest, Thresholds
from discai.segmentation.grid import PREPROCESSING_ID


def manifest(**changes: Any) -> Manifest:
    values: dict[str, Any] = {
        "model_version": "2026-11-24a",
        "created_at": datetime(2026, 11, 24, tzinfo=UTC),
        "files": {},
        "preprocessing_id": PREPROCESSING_ID,
        "crops_id": CROPS_ID,
        "input_shape": (None, None, 1),
        "thresholds": Thresholds(disc=0.5, vertebra=0.5, canal=0.5, herniation=0.1),
        "dataset_digest": "sha256:0",
        "metrics": {},
        "git_commit": "0" * 40,
        "licence": "CC-BY-4.0",
    }
    return Manifest(**values | changes)


def classify_by_level(
    crops: Sequence[NDArray[np.uint8]], levels: Sequence[str]
) -> NDArray[np.float32]:
    return np.array([LEVELS.index(level) for level in levels], np.float32)
