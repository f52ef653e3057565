"""The frozen evaluation set as two models read it: every scan through the serving predictor."""

from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from discai.anatomy import LEVELS
from discai.errors import PermanentError
from discai.herniation import network as herniation_network
from discai.manifest import HERNIATION_FILE, SEGMENTATION_FILE, manifest_in
from discai.predictor import Predictor
from discai.scan import Scan
from pipeline.data.original import PARTS
from pipeline.data.spider import Spider, Volume
from pipeline.data.splits import pixel_digest
from pipeline.metrics.segmentation import dice_by_threshold
from pipeline.retraining.comparison import Agreement, FrozenDisc, OutlineDice
from pipeline.retraining.crop_dataset import DatasetCrop, asked
from pipeline.training.crops import graded_scans
from pipeline.training.herniation import disc_logits


def read_frozen(spider: Spider, production: Path, challenger: Path) -> list[FrozenDisc]:
    """Both models' probabilities for every graded disc of every series of the evaluation set."""
    models = Predictor.load(production), Predictor.load(challenger)
    discs = []
    scans = list(graded_scans(spider, PARTS["evaluation"]))
    for series, patient, _, scan in tqdm(scans, desc="frozen set"):
        old, new = (_probabilities(model, scan) for model in models)
        graded = spider.herniations(patient)
        discs += [
            FrozenDisc(
                patient=patient,
                series=series,
                level=level,
                manufacturer=spider.manufacturer(series),
                truth=graded[level],
                production=old.get(level, 0.0),
                challenger=new.get(level, 0.0),
                found_by_production=level in old,
                found_by_challenger=level in new,
            )
            for level in LEVELS
            if level in graded
        ]
    return discs


def outline_dice(spider: Spider, production: Path, challenger: Path) -> OutlineDice | None:
    """Both models' mean Dice on the outlined volumes, if they differ and there are any."""
    same = manifest_in(production).files[SEGMENTATION_FILE]
    if manifest_in(challenger).files[SEGMENTATION_FILE] == same:
        return None
    volumes = [volume for subset in PARTS["evaluation"] for volume in spider.volumes(subset)]
    old, new = (_dice(folder, volumes) for folder in (production, challenger))
    return OutlineDice(old, new)


def frozen_digests(spider: Spider) -> frozenset[str]:
    """Pixel digests of the evaluation set, so that none of its scans ever trains."""
    scans = graded_scans(spider, PARTS["evaluation"])
    return frozenset(pixel_digest(scan.voxels) for *_, scan in scans)


def agreement_on(
    crops: Sequence[DatasetCrop],
    production: Path,
    challenger: Path,
    thresholds: tuple[float, float],
) -> Agreement | None:
    """Count of held-out discs that each model calls as their reviewers did; None without discs."""
    held_out = [crop.crop for crop in asked(crops)]
    if not held_out:
        return None
    shares = []
    for folder, threshold in zip((production, challenger), thresholds, strict=True):
        classify = herniation_network.compiled(herniation_network.load(folder / HERNIATION_FILE))
        logits = classify([c.pixels for c in held_out], [c.level for c in held_out])
        discs = disc_logits(held_out, logits)
        shares.append(float(((discs.probabilities >= threshold) == discs.truth).mean()))
    return Agreement(len(discs.truth), *shares)


def _dice(folder: Path, volumes: Sequence[Volume]) -> dict[str, float]:
    segment = Predictor.load(folder).segment
    scores = dice_by_threshold(segment, volumes, (0.5,))
    return {channel: float(rows.mean()) for channel, rows in scores.items()}


def _probabilities(model: Predictor, scan: Scan) -> dict[str, float]:
    try:
        return {disc.level: disc.herniation for disc in model.read(scan).discs}
    except PermanentError:
        return {}  # a scan that a model refuses warns of nothing
