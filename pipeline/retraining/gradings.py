"""The challenger's gradings: learned again where reviewers graded enough, else production's."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from discai.gradings.network import load
from discai.manifest import GRADINGS_FILE, manifest_in
from discai.records.gradings import GRADING_NAMES, GradingName
from pipeline.retraining.crop_dataset import DatasetCrop, graded
from pipeline.training import gradings
from pipeline.training.progress import Progress

#: A grading is learned again once reviewers have given it to so many discs.
LEAST_NEW_DISCS: Final = 10


def train_gradings(
    crops: Sequence[DatasetCrop],
    parent: Path,
    out: Path,
    weights: Mapping[str, float],
    repeats: int,
    progress: Progress,
) -> dict[str, float]:
    """Put the challenger's gradings network into its folder; returns its thresholds.

    Gradings of which reviewers said nothing new, or of which too little is known in all, keep
    their weights and thresholds bit for bit. A parent without gradings gets them once there are
    labels enough for all of them.

    Args:
        parent: folder of the model in production, whose crops these are.
        weights: of a disc by its source.
        repeats: of the folds on whose unseen discs it is calibrated.
    """
    before = manifest_in(parent).thresholds.gradings
    has_before = (parent / GRADINGS_FILE).exists()
    again = graded_again(crops) if has_before else set(GRADING_NAMES)
    learned = graded(crops)
    enough = gradings.enough_labels([crop.crop for crop in learned])
    again &= set(enough)
    if not again or not (has_before or len(again) == len(GRADING_NAMES)):
        if has_before:
            shutil.copyfile(parent / GRADINGS_FILE, out / GRADINGS_FILE)
        return dict(before)
    trained = gradings.train(
        [crop.crop for crop in learned],
        weights=[weights[crop.source] for crop in learned],
        repeats=repeats,
        progress=progress,
    )
    kept = [name for name in GRADING_NAMES if name not in again]
    network = trained.network
    if kept:
        network = network.keeping(kept, load(parent / GRADINGS_FILE))
    network.save(out / GRADINGS_FILE)
    return {
        name: threshold
        for known, wanted in ((before, kept), (trained.thresholds, again))
        for name, threshold in known.items()
        if name in wanted
    }


def graded_again(crops: Sequence[DatasetCrop]) -> set[GradingName]:
    """The gradings that reviewers have given to discs enough."""
    discs = {
        (crop.crop.series, crop.crop.level): crop.crop.gradings
        for crop in graded(crops)
        if crop.source != "original"
    }
    return {
        name
        for name in GRADING_NAMES
        if sum(getattr(said, name) is not None for said in discs.values()) >= LEAST_NEW_DISCS
    }
