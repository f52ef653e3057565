"""The frozen evaluation set as two models read it: every scan through the serving predictor."""

from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from discai.anatomy import LEVELS
from discai.errors import PermanentError
from discai.herniation import network as herniation_network
from discai.manifest import HERNIATION_FILE, SEGMENTATION_FILE, manifest_in
from discai.predictor import Predictor
from discai.reading import DiscReading, Gradings
from discai.records.gradings import UNGRADED
from discai.scan import Scan
from pipeline.data.examples import Volume
from pipeline.data.folder import DataFolder
from pipeline.data.original import PARTS
from pipeline.data.splits import pixel_digest
from pipeline.metrics.segmentation import dice_by_threshold
from pipeline.retraining.comparison import Agreement, FrozenDisc, OutlineDice
from pipeline.retraining.crop_dataset import DatasetCrop, asked
from pipeline.training.herniation import disc_logits


def read_frozen(data: DataFolder, production: Path, challenger: Path) -> list[FrozenDisc]:
    """Both models' probabilities for every graded disc of every series of the evaluation set."""
    models = Predictor.load(production), Predictor.load(challenger)
    discs = []
    scans = [scan for scan in data.graded_scans(PARTS["evaluation"]) if scan.herniations]
    for scan in tqdm(scans, desc="frozen set"):
        old, new = (_discs(model, scan.scan) for model in models)
        discs += [
            FrozenDisc(
                patient=scan.patient,
                series=scan.series,
                level=level,
                groups=scan.groups,
                truth=scan.herniations[level],
                production=old[level].herniation if level in old else 0.0,
                challenger=new[level].herniation if level in new else 0.0,
                found_by_production=level in old,
                found_by_challenger=level in new,
                graded=scan.gradings.get(level, UNGRADED),
                gradings=_gradings(old.get(level), new.get(level)),
            )
            for level in LEVELS
            if level in scan.herniations
        ]
    return discs


def outline_dice(data: DataFolder, production: Path, challenger: Path) -> OutlineDice | None:
    """Both models' mean Dice on the outlined volumes, if they differ and there are any."""
    same = manifest_in(production).files[SEGMENTATION_FILE]
    if manifest_in(challenger).files[SEGMENTATION_FILE] == same:
        return None
    volumes = [volume for subset in PARTS["evaluation"] for volume in data.spider.volumes(subset)]
    old, new = (_dice(folder, volumes) for folder in (production, challenger))
    return OutlineDice(old, new)


def frozen_digests(data: DataFolder) -> frozenset[str]:
    """Pixel digests of the evaluation set, so that none of its scans ever trains."""
    scans = data.graded_scans(PARTS["evaluation"])
    return frozenset(pixel_digest(graded.scan.voxels) for graded in scans)


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


def _gradings(old: DiscReading | None, new: DiscReading | None) -> tuple[Gradings, Gradings] | None:
    """Both models' gradings of a disc, if both give any."""
    if old is None or new is None or old.gradings is None or new.gradings is None:
        return None
    return old.gradings, new.gradings


def _discs(model: Predictor, scan: Scan) -> dict[str, DiscReading]:
    """The discs that a model reads, by level."""
    try:
        return {disc.level: disc for disc in model.read(scan).discs}
    except PermanentError:
        return {}  # a scan that a model refuses warns of nothing
