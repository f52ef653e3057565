"""Make the weights that come with the code, from the data folder, with one command:

    python -m pipeline.bootstrap --data ../shared/data --version 2026-11-24a

It trains the segmentation network, cuts crops with it, trains the herniation network, measures
both on patients that trained nothing, and writes `discai/weights/VERSION/` with manifest and model
card. About an hour on two cores.
"""

import argparse
import hashlib
import logging
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from discai.crops import CROPS_ID
from discai.manifest import Manifest, Thresholds, sha256_of, write_manifest
from discai.networks import herniation as herniation_network
from discai.networks import segmentation as segmentation_network
from discai.networks.segmentation import SegmentSlice
from discai.predictor import HERNIATION_FILE, SEGMENTATION_FILE, WEIGHTS, Predictor
from discai.preprocessing import PREPROCESSING_ID
from pipeline import herniation, segmentation
from pipeline.dataset import Spider
from pipeline.estimates import DiscCase
from pipeline.evaluation import evaluate, herniation_estimates
from pipeline.model_card import write_model_card
from pipeline.segmentation_metrics import best_thresholds, dice_by_threshold

LICENCE = "CC-BY-4.0"

log = logging.getLogger(__name__)


def bootstrap(data: Path, version: str, work: Path, segmentation_file: Path | None = None) -> Path:
    """Train, measure and write one model version; returns its folder.

    `segmentation_file` is a segmentation network that is already trained.
    """
    spider = Spider(data)
    folder = work / version
    folder.mkdir(parents=True, exist_ok=True)

    log.info("segmentation")
    network = (
        segmentation_network.load(segmentation_file)
        if segmentation_file
        else segmentation.train(data, work)
    )
    segmentation_network.save(network, folder / SEGMENTATION_FILE)
    segment = segmentation_network.compiled(segmentation_network.load(folder / SEGMENTATION_FILE))
    thresholds = choose_thresholds(segment, spider)

    log.info("herniation")
    crops = herniation.cut_crops(spider, ("train", "tune"), segment, thresholds)
    trained = herniation.train(crops)
    herniation_network.save(trained.network, folder / HERNIATION_FILE)
    thresholds = thresholds.model_copy(update={"herniation": round(trained.threshold, 4)})

    log.info("evaluation")
    manifest = describe(folder, version, thresholds, digest_of(spider.folder))
    write_manifest(folder, manifest)
    metrics = evaluate(Predictor.load(folder), data) | {
        "herniation_out_of_fold": {
            sequence: herniation_estimates(out_of_fold_cases(trained.out_of_fold, sequence))
            for sequence in ("t2", "t1")
        }
    }
    manifest = manifest.model_copy(update={"metrics": metrics})
    write_manifest(folder, manifest)
    write_model_card(folder, manifest)
    # Only a version that is whole and measured takes its place.
    return Path(shutil.copytree(folder, WEIGHTS / version, dirs_exist_ok=True))


def describe(folder: Path, version: str, thresholds: Thresholds, dataset_digest: str) -> Manifest:
    """The manifest of a folder of weights, before anything is measured."""
    return Manifest(
        model_version=version,
        created_at=datetime.now(UTC).replace(microsecond=0),
        files={name: sha256_of(folder / name) for name in (SEGMENTATION_FILE, HERNIATION_FILE)},
        preprocessing_id=PREPROCESSING_ID,
        crops_id=CROPS_ID,
        input_shape=(None, None, 1),
        thresholds=thresholds,
        dataset_digest=dataset_digest,
        metrics={},
        git_commit=git_commit(),
        licence=LICENCE,
    )


def choose_thresholds(segment: SegmentSlice, spider: Spider) -> Thresholds:
    """Segmentation thresholds with the best Dice on the tuning patients' volumes."""
    best = best_thresholds(dice_by_threshold(segment, spider.volumes("tune")))
    return Thresholds(
        disc=best["disc"], vertebra=best["vertebra"], canal=best["canal"], herniation=0.5
    )


def out_of_fold_cases(discs: herniation.DiscLogits, sequence: str) -> list[DiscCase]:
    """The discs of one sequence with the probabilities that networks gave them unseen."""
    columns = zip(
        discs.patients,
        discs.levels,
        discs.truth,
        discs.probabilities,
        discs.sequences,
        strict=True,
    )
    return [
        DiscCase(int(patient), str(level), bool(truth), float(probability))
        for patient, level, truth, probability, of in columns
        if of == sequence
    ]


def digest_of(folder: Path) -> str:
    """`sha256:…` over the names and contents of all files of a folder."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            total.update(f"{path.relative_to(folder).as_posix()} {sha256_of(path)}\n".encode())
    return f"sha256:{total.hexdigest()}"


def git_commit() -> str:
    """The commit of the code, with `+` where files differ from it."""
    here = Path(__file__).parent

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=here, check=True, capture_output=True, encoding="utf-8"
        ).stdout.strip()

    changed = git("status", "--porcelain", "--", "../discai/*.py", "../pipeline/*.py")
    return git("rev-parse", "HEAD") + ("+" if changed else "")


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description="Train, measure and write a model version.")
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    parser.add_argument("--version", required=True, help="such as 2026-11-24a")
    parser.add_argument("--work", type=Path, help="where checkpoints go; a run goes on from them")
    parser.add_argument("--segmentation", type=Path, help="a trained segmentation network")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    with tempfile.TemporaryDirectory() as scratch:
        work = arguments.work or Path(scratch)
        folder = bootstrap(arguments.data, arguments.version, work, arguments.segmentation)
    log.info("wrote %s", folder)


if __name__ == "__main__":
    main()
