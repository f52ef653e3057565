"""Step four of retraining: the challenger, from a dataset of crops and the model in production."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from discai.herniation import network as herniation_network
from discai.herniation.crops import CROPS_ID
from discai.manifest import (
    HERNIATION_FILE,
    SEGMENTATION_FILE,
    Manifest,
    manifest_in,
    sha256_of,
    write_manifest,
)
from discai.segmentation.grid import PREPROCESSING_ID
from pipeline.data.provenance import git_commit
from pipeline.retraining.crop_dataset import DatasetCrop, trained_on
from pipeline.retraining.gradings import train_gradings
from pipeline.retraining.training_logs import TrainingLogs
from pipeline.training import herniation
from pipeline.training.calibration import mean_auroc
from pipeline.training.export import export, trained_files
from pipeline.training.progress import Progress

CARD: Final = """# DiscAI {version}

**Research use only. Not a medical device.**

Retrained from {parent}: what that model's card says of its use, its misuse and its limits holds
here. {segmentation}

- Dataset `{digest}`: {discs} discs, {herniated} of them herniated: {correction} from corrected
  scans, {acceptance} from accepted ones, {original} from the original dataset (SPIDER, van der
  Graaf et al., Sci Data 11:264, 2024; Sudirman et al., Mendeley Data k57fr854j2 and s6bgczr8s2;
  Masood et al., 9j9hmy8kbn; CC BY 4.0).
- Weights beside an original disc: corrected {correction_weight}, accepted {acceptance_weight}.
- Hyperparameters: `{hyperparameters}`.
- Logs for TensorBoard: `{logs}`.
- Commit `{commit}`, {date}.

How it compares with production, on patients that never train, stands in the run that made it.
"""

SAME_SEGMENTATION: Final = "The segmentation is the same."
NEW_SEGMENTATION: Final = (
    "The segmentation was fine-tuned in {steps} steps: boxes of {slices} corrected slices were\n"
    "weak labels, beside outlines of the original dataset (`pipeline/retraining/segmentation.py`)."
)


@dataclass(frozen=True)
class Recipe:
    """Recipe of a challenger's herniation network.

    Attributes:
        weights: of a disc by its source: `original`, `correction`, `acceptance`.
        repeats: of the folds on whose unseen discs it is calibrated.
    """

    hyperparameters: Mapping[str, Any]
    weights: Mapping[str, float]
    repeats: int

    @property
    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


def train_challenger(
    crops: Sequence[DatasetCrop],
    parent: Path,
    out: Path,
    *,
    version: str,
    dataset_digest: str,
    recipe: Recipe,
    progress: Progress,
    logs: TrainingLogs,
    logs_address: str,
    segmentation: str = SAME_SEGMENTATION,
) -> Manifest:
    """Trains on all crops that aren't held out, herniation and gradings; writes a model's folder.

    Args:
        parent: the folder of a model whose segmentation the challenger gets.
        progress: of the same training, if it was broken off.
        logs_address: where the logs will lie, for the card.
        segmentation: what the card says of it.
    """
    before = manifest_in(parent)
    out.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(parent / SEGMENTATION_FILE, out / SEGMENTATION_FILE)
    learned = trained_on(crops)
    trained = herniation.train(
        [crop.crop for crop in learned],
        weights=[recipe.weights[crop.source] for crop in learned],
        hyperparameters=recipe.hyperparameters,
        repeats=recipe.repeats,
        progress=progress,
        callbacks=[logs.of_fit("herniation")],
    )
    logs.scalars(
        "herniation out of fold",
        {
            "auroc": mean_auroc(trained.out_of_fold),
            "threshold": trained.threshold,
            "calibration slope": trained.slope,
            "calibration shift": trained.shift,
        },
    )
    herniation_network.save(trained.network, out / HERNIATION_FILE)
    of_gradings = train_gradings(crops, parent, out, recipe.weights, recipe.repeats, progress)
    names = [*trained_files(out), *export(out)]
    thresholds = before.thresholds.model_copy(
        update={"herniation": round(trained.threshold, 4), "gradings": of_gradings}
    )
    manifest = Manifest(
        model_version=version,
        created_at=datetime.now(UTC).replace(microsecond=0),
        files={name: sha256_of(out / name) for name in names},
        preprocessing_id=PREPROCESSING_ID,
        crops_id=CROPS_ID,
        input_shape=before.input_shape,
        thresholds=thresholds,
        dataset_digest=dataset_digest,
        metrics={},
        git_commit=git_commit(),
        licence=before.licence,
    )
    write_manifest(out, manifest)
    card = _card(crops, manifest, before.model_version, recipe, logs_address, segmentation)
    (out / "MODEL_CARD.md").write_text(card, encoding="utf-8")
    return manifest


def with_segmentation(parent: Path, network: Path, out: Path) -> Path:
    """A model's folder with another segmentation network, ready to be loaded; returns `out`."""
    shutil.copytree(parent, out)
    shutil.copyfile(network, out / SEGMENTATION_FILE)
    names = [*trained_files(out), *export(out)]
    files = {name: sha256_of(out / name) for name in names}
    write_manifest(out, manifest_in(parent).model_copy(update={"files": files}))
    return out


def _card(
    crops: Sequence[DatasetCrop],
    manifest: Manifest,
    parent: str,
    recipe: Recipe,
    logs_address: str,
    segmentation: str,
) -> str:
    discs = {(crop.crop.series, crop.crop.level): crop for crop in trained_on(crops)}
    sources = [crop.source for crop in discs.values()]
    return CARD.format(
        version=manifest.model_version,
        parent=parent,
        segmentation=segmentation,
        digest=manifest.dataset_digest,
        discs=len(discs),
        herniated=sum(crop.crop.herniation for crop in discs.values()),
        correction=sources.count("correction"),
        acceptance=sources.count("acceptance"),
        original=sources.count("original"),
        correction_weight=recipe.weights["correction"],
        acceptance_weight=recipe.weights["acceptance"],
        hyperparameters=dict(recipe.hyperparameters),
        logs=logs_address,
        commit=manifest.git_commit,
        date=f"{manifest.created_at:%Y-%m-%d}",
    )
