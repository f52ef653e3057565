"""Make the weights that come with the code, from the data folder, with one command:

    python -m pipeline.bootstrap --data ../shared/data --version 2026-11-30c

It trains the segmentation network, cuts crops with it, searches and trains the herniation network,
trains the gradings network, measures all on patients that trained nothing, and writes
`discai/weights/VERSION/` with manifest and model card. Seeds are fixed. A run that was broken off
goes on from what lies in `--work`.
"""

import argparse
import logging
import shutil
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from discai.herniation import network as herniation_network
from discai.herniation.crops import CROPS_ID
from discai.manifest import (
    GRADINGS_FILE,
    HERNIATION_FILE,
    SEGMENTATION_FILE,
    Manifest,
    Thresholds,
    sha256_of,
    write_manifest,
)
from discai.predictor import WEIGHTS, Predictor
from discai.segmentation import network as segmentation_network
from discai.segmentation.grid import PREPROCESSING_ID
from discai.segmentation.signature import SegmentSlice
from pipeline.data.folder import DataFolder
from pipeline.data.provenance import git_commit
from pipeline.data.scans import without_spacing
from pipeline.data.spider import Spider
from pipeline.evaluation.figures.gradings import write_graded_out_of_fold
from pipeline.evaluation.figures.out_of_fold import OutOfFoldPrediction, write_out_of_fold
from pipeline.evaluation.figures.robustness import CLEAN, WITHOUT_SPACING
from pipeline.evaluation.measure import evaluate
from pipeline.evaluation.readings import Readings
from pipeline.evaluation.report.publish import publish_beside
from pipeline.evaluation.sets import Sets
from pipeline.metrics.segmentation import best_thresholds, dice_by_threshold
from pipeline.retraining.crop_dataset import DatasetCrop, is_written, read_dataset, write_dataset
from pipeline.training import gradings, segmentation
from pipeline.training.calibration import OutOfFoldLogits
from pipeline.training.crops import LabelledCrop, cut_crops
from pipeline.training.export import export, trained_files
from pipeline.training.herniation import train
from pipeline.training.progress import Progress
from pipeline.training.search import RESULTS_NAME, search

LICENCE = "CC-BY-4.0"
WORK = Path(".local/bootstrap")

log = logging.getLogger(__name__)


def bootstrap(data: Path, version: str, work: Path, segmentation_file: Path | None = None) -> Path:
    """Train, measure and write one model version; returns its folder.

    `segmentation_file` is a segmentation network that is already trained.
    """
    folder = work / version
    folder.mkdir(parents=True, exist_ok=True)
    manifest = train_version(data, folder, work, segmentation_file)

    log.info("5/5 evaluation")
    readings = Readings(Predictor.load(folder), folder, work / "readings")
    sets = Sets(data, readings.read_all)
    publish_beside(folder, evaluate(sets, manifest, folder, git_commit()))
    # Only a version that is whole and measured takes its place.
    return Path(shutil.copytree(folder, WEIGHTS / version, dirs_exist_ok=True))


def train_version(
    data: Path, folder: Path, work: Path, segmentation_file: Path | None = None
) -> Manifest:
    """Train the networks into a folder that is named as the version; nothing is measured yet."""
    patients = DataFolder(data)
    log.info("1/5 segmentation")
    if segmentation_file:
        shutil.copyfile(segmentation_file, folder / SEGMENTATION_FILE)
    elif not (folder / SEGMENTATION_FILE).exists():
        segmentation_network.save(segmentation.train(data, work), folder / SEGMENTATION_FILE)
    segment = segmentation_network.compiled(segmentation_network.load(folder / SEGMENTATION_FILE))
    thresholds = choose_thresholds(segment, patients.spider)

    log.info("2/5 herniation: crops")
    outlined_by = f"{sha256_of(folder / SEGMENTATION_FILE)[:16]}-{CROPS_ID}"
    graded = list(patients.graded_scans(("train", "tune")))
    plain_t2 = [
        scan._replace(scan=without_spacing(scan.scan)) for scan in graded if scan.sequence == "t2"
    ]
    crops, plain_crops = (
        kept_crops(work / "crops" / name, partial(cut_crops, scans, segment, thresholds))
        for name, scans in ((outlined_by, graded), (f"{outlined_by}-without-spacing", plain_t2))
    )

    log.info("3/5 herniation: search and training")
    searched = work / "search" / outlined_by
    hyperparameters = search(crops, searched)
    shutil.copyfile(searched / RESULTS_NAME, folder / RESULTS_NAME)
    trained = train(
        crops,
        hyperparameters=hyperparameters,
        progress=Progress(work / "training" / outlined_by),
        otherwise=plain_crops,
    )
    herniation_network.save(trained.network, folder / HERNIATION_FILE)
    write_out_of_fold(
        folder,
        predictions(trained.out_of_fold, CLEAN) + predictions(trained.otherwise, WITHOUT_SPACING),
    )

    log.info("4/5 gradings")
    graded_by = Progress(work / "training" / outlined_by)
    of_gradings = gradings.train(crops, progress=graded_by)
    of_gradings.network.save(folder / GRADINGS_FILE)
    write_graded_out_of_fold(folder, of_gradings.out_of_fold)

    files = (*trained_files(folder), *export(folder))
    thresholds = thresholds.model_copy(
        update={
            "herniation": round(trained.threshold, 4),
            "gradings": of_gradings.thresholds,
        }
    )
    manifest = describe(folder, files, thresholds, f"sha256:{patients.digest}")
    write_manifest(folder, manifest)
    return manifest


def describe(
    folder: Path, files: Collection[str], thresholds: Thresholds, dataset_digest: str
) -> Manifest:
    """The manifest of a folder of weights that is named as their version; nothing is measured."""
    return Manifest(
        model_version=folder.name,
        created_at=datetime.now(UTC).replace(microsecond=0),
        files={name: sha256_of(folder / name) for name in files},
        preprocessing_id=PREPROCESSING_ID,
        crops_id=CROPS_ID,
        input_shape=(None, None, 1),
        thresholds=thresholds,
        dataset_digest=dataset_digest,
        metrics={},
        git_commit=git_commit(),
        licence=LICENCE,
    )


def default_work(data: Path, version: str) -> Path:
    """Folder in which a version from this data is made: no other run must go on from its state."""
    return WORK / f"{version}-{DataFolder(data).digest[:16]}"


def choose_thresholds(segment: SegmentSlice, spider: Spider) -> Thresholds:
    """Segmentation thresholds with the best Dice on the tuning patients' volumes.

    The network has seen these in its last stage, so it is kind to itself there: one half stays
    unless another is clearly better.
    """
    best = best_thresholds(dice_by_threshold(segment, spider.volumes("tune")))
    return Thresholds(
        disc=best["disc"], vertebra=best["vertebra"], canal=best["canal"], herniation=0.5
    )


def kept_crops(folder: Path, cut: Callable[[], list[LabelledCrop]]) -> list[LabelledCrop]:
    """The crops that lie in a folder, where `cut` puts them if there are none yet."""
    if not is_written(folder):
        shutil.rmtree(folder, ignore_errors=True)
        write_dataset(folder, [DatasetCrop(crop, "original") for crop in cut()])
    return [crop.crop for crop in read_dataset(folder)]


def predictions(discs: OutOfFoldLogits, change: str) -> list[OutOfFoldPrediction]:
    """Logits of each training disc from networks that had not seen it."""
    columns = (discs.patients, discs.sequences, discs.levels, discs.probabilities)
    return [
        OutOfFoldPrediction(int(patient), str(sequence), str(level), change, float(probability))
        for patient, sequence, level, probability in zip(*columns, strict=True)
    ]


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description="Train, measure and write a model version.")
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    parser.add_argument("--version", required=True, help="such as 2026-11-30")
    parser.add_argument(
        "--work",
        type=Path,
        help="where checkpoints go; a run goes on from them, so each version from each data has "
        f"a folder of its own (default: below {WORK})",
    )
    parser.add_argument("--segmentation", type=Path, help="a trained segmentation network")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    work = arguments.work or default_work(arguments.data, arguments.version)
    folder = bootstrap(arguments.data, arguments.version, work, arguments.segmentation)
    log.info("wrote %s", folder)


if __name__ == "__main__":
    main()
