"""The seven steps of a retraining run, as `pipeline.retraining.components` calls them.

Each connects to the cloud, records in the run that it is at work, and calls the plain functions
that do the work. A step that is tried again finds what its first try has left and goes on.
"""

import json
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from google.api_core.exceptions import GoogleAPICallError

from discai.cloud.objects import ObjectStore
from discai.errors import PermanentError, RetryableError
from discai.manifest import SEGMENTATION_FILE, manifest_digest, manifest_in
from discai.predictor import Predictor
from discai.records.models import MOST_REFUSED, Dataset, ModelVersion, RefusedLabel
from pipeline.retraining import challenger as training
from pipeline.retraining import preparation
from pipeline.retraining.comparison import Decision, decide
from pipeline.retraining.context import Run, Settings, dataset_prefix
from pipeline.retraining.crop_dataset import DatasetCrop, trained_on
from pipeline.retraining.fates import fates
from pipeline.retraining.frozen import agreement_on, outline_dice, read_frozen
from pipeline.retraining.registry import ModelRegistry
from pipeline.retraining.segmentation import (
    corrected_examples,
    original_examples,
    outlined_examples,
    outliner,
    retrain,
)
from pipeline.retraining.snapshot import Refused, Snapshot, take_snapshot
from pipeline.retraining.training_logs import TrainingLogs, logs_prefix, publish
from pipeline.training.herniation import SEARCH_SPACE
from pipeline.training.progress import named_by
from pipeline.training.search import search

_STALE_ALIAS: Final = "The model registry's alias still names the model before it."

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Prepared:
    """A dataset and where it lies."""

    record: Dataset
    address: str


def snapshot(settings: Settings, name: str, cutoff: str, path: str) -> dict[str, Any]:
    """Freezes the labels up to the cutoff into a file; returns its digest and size."""
    run = Run(settings, name)
    with run.recorder.step("snapshot"):
        taken = take_snapshot(
            run.database, run.buckets, run.settings.results_bucket, datetime.fromisoformat(cutoff)
        )
        Path(path).write_text(taken.model_dump_json(), encoding="utf-8")
    return {"digest": taken.digest, "scans": len(taken.scans)}


def prepare(settings: Settings, name: str, labels: str) -> Prepared:
    """Cuts crops, adds the original ones, and stores the dataset under its digest."""
    run = Run(settings, name)
    with run.recorder.step("prepare"), tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        taken = Snapshot.model_validate_json(Path(labels).read_bytes())
        crops, refused = cut_by(run, run.production_model(scratch), taken, scratch)
        digest = run.store_dataset(crops, refused, scratch)
        record = preparation.describe(digest, crops, refused)
        run.recorder.update(dataset=record, refused=_named(refused))
    return Prepared(record, f"gs://{run.settings.pipeline_bucket}/{dataset_prefix(digest)}")


def tune(settings: Settings, name: str, dataset: str) -> dict[str, Any]:
    """Searches hyperparameters, once for each dataset, weights and number of trials."""
    run = Run(settings, name)
    if run.settings.tuning_trials == 0:
        run.recorder.skip("tune")
        return {}
    searched = {
        "dataset": dataset,
        "trials": run.settings.tuning_trials,
        "weights": run.settings.weights,
        "space": dict(SEARCH_SPACE),
    }
    file = f"hyperparameters-{named_by(**searched)}.json"
    chosen = run.bucket.blob(f"{dataset_prefix(dataset)}{file}")
    with run.recorder.step("tune"), tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        if not chosen.exists():
            crops = trained_on(run.dataset(dataset, scratch))
            logs = TrainingLogs(scratch / "logs")
            found = search(
                [crop.crop for crop in crops],
                scratch / "search",
                weights=[run.settings.weights[crop.source] for crop in crops],
                trials=run.settings.tuning_trials,
                progress=run.progress("tune", scratch, **searched),
                tried=logs.trial,
            )
            publish(logs, run.bucket, run.version, run.settings)
            chosen.upload_from_string(json.dumps(found), content_type="application/json")
        return dict(json.loads(chosen.download_as_bytes()))


def train(
    settings: Settings,
    name: str,
    dataset: str,
    hyperparameters: dict[str, Any],
    retrain_segmentation: bool,
    labels: str,
    out: str,
) -> str:
    """Trains the challenger into a folder; returns its version."""
    run = Run(settings, name)
    with run.recorder.step("train"), tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        taken = Snapshot.model_validate_json(Path(labels).read_bytes())
        parent = run.production_model(scratch)
        crops = run.dataset(dataset, scratch)
        segmentation = training.SAME_SEGMENTATION
        refused, taught = run.refused(dataset, scratch), set[str]()
        recipe = training.Recipe(
            hyperparameters, run.settings.weights, run.settings.calibration_repeats
        )
        logs = TrainingLogs(scratch / "logs")
        if retrain_segmentation:
            parent, segmentation, taught = new_segmentation(run, parent, taken, scratch, logs)
            # The herniation network learns from crops as the new segmentation cuts them.
            crops, refused = cut_by(run, parent, taken, scratch)
            dataset = run.store_dataset(crops, refused, scratch)
            run.recorder.update(refused=_named(refused))
        training.train_challenger(
            crops,
            parent,
            Path(out),
            version=run.version,
            dataset_digest=dataset,
            recipe=recipe,
            progress=run.progress("train", scratch, dataset=dataset, recipe=recipe.document),
            logs=logs,
            logs_address=f"gs://{run.settings.pipeline_bucket}/{logs_prefix(run.version)}",
            segmentation=segmentation,
        )
        publish(logs, run.bucket, run.version, run.settings)
        run.recorder.mark_scans(fates(run.epoch, taken.scans, crops, refused, taught))
    return run.version


def register(settings: Settings, name: str, folder: str) -> str:
    """Publishes the challenger under its version; returns its name in the registry."""
    run = Run(settings, name)
    with run.recorder.step("register"):
        address = run.models.publish(Path(folder))
        registered = ModelRegistry(run.settings).register(run.version, address)
        manifest = manifest_in(Path(folder))
        run.production.register(
            ModelVersion(
                model_version=run.version,
                model_digest=manifest_digest(Path(folder)),
                created_at=manifest.created_at,
                parent=_parent(run),
                epoch=run.epoch,
                dataset=run.recorder.run.dataset,
                herniation_threshold=manifest.thresholds.herniation,
                registry_name=registered,
                git_commit=manifest.git_commit,
                seconds={},
            )
        )
        run.recorder.update(model_version=run.version)
    return registered


def evaluate(settings: Settings, name: str, version: str, dataset: str) -> Decision:
    """Compares the challenger with production on the frozen set, and records the decision."""
    run = Run(settings, name)
    with run.recorder.step("evaluate"), tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        production = run.production_model(scratch)
        challenger = run.models.fetch(version, scratch)
        manifests = manifest_in(production), manifest_in(challenger)
        old, new = (manifest.thresholds.herniation for manifest in manifests)
        thresholds = old, new
        frozen = run.fetch(run.settings.evaluation_set, scratch)
        crops = run.dataset(dataset, scratch)
        decision = decide(
            read_frozen(frozen, production, challenger),
            agreement_on(crops, production, challenger, thresholds),
            production_version=manifests[0].model_version,
            dataset_digest=run.settings.evaluation_set.rstrip("/").rpartition("/")[2],
            thresholds=thresholds,
            outlines=outline_dice(frozen, production, challenger),
        )
        _record(run, decision)
        if not decision.promote:
            run.recorder.skip("promote")
    return decision


def promote(settings: Settings, name: str, registry_name: str) -> None:
    """Points production at the challenger, if it still is what the challenger was better than."""
    run = Run(settings, name)
    with run.recorder.step("promote"):
        if run.production.promote(run.name) == "promoted":
            _name_production(run, registry_name)


def close(settings: Settings, name: str, state: str, message: str) -> None:
    """Ends the run: only one that came to its end consumes its labels."""
    Run(settings, name).recorder.close(state == "SUCCEEDED", message)


def new_segmentation(
    run: Run, parent: Path, taken: Snapshot, scratch: Path, logs: TrainingLogs
) -> tuple[Path, str, set[str]]:
    """A model like `parent` with its segmentation fine-tuned, and what a card says of that.

    The third are the ids of the scans whose boxes it learned from.
    """
    manifest = manifest_in(parent)
    segment = Predictor.load(parent).segment
    read = preparation.scan_reader(ObjectStore(run.buckets), run.settings.results_bucket)
    outline = outliner(segment, manifest)
    corrected = corrected_examples(taken.scans, read, outline, run.frozen_digests(scratch))
    original, followed = [], corrected
    if run.settings.original_dataset:
        data = run.fetch(run.settings.original_dataset, scratch)
        original = original_examples(data, segment)
        followed = outlined_examples(data.spider, "tune") or corrected
    if not (original or corrected):
        raise PermanentError(
            "nothing-outlined", "No slice was corrected, and there is no original dataset."
        )
    steps = run.settings.segmentation_steps
    progress = run.progress(
        "segmentation",
        scratch,
        labels=taken.digest,
        original=run.settings.original_dataset,
        parent=manifest.files[SEGMENTATION_FILE],
        steps=steps,
    )
    network = retrain(
        parent / SEGMENTATION_FILE, [*original, *corrected], followed, steps, progress, logs
    )
    note = training.NEW_SEGMENTATION.format(steps=steps, slices=len(corrected))
    model = training.with_segmentation(parent, network, scratch / "with-new-segmentation")
    return model, note, {example.name.split()[0] for example in corrected}


def cut_by(
    run: Run, model: Path, taken: Snapshot, scratch: Path
) -> tuple[list[DatasetCrop], list[Refused]]:
    """The crops of the original dataset and of the labelled scans, as a model cuts them."""
    predictor = Predictor.load(model)
    read = run.discs_reader(model, predictor)
    crops, refused = preparation.corrected_crops(taken.scans, read, run.frozen_digests(scratch))
    original = run.original_crops(model, predictor, scratch)
    return [*original, *crops], [*taken.refused, *refused]


def _named(refused: Sequence[Refused]) -> list[RefusedLabel]:
    """The refusals that a run's record names."""
    return [
        RefusedLabel(scan_id=each.scan_id, reason=each.reason, advice=each.advice)
        for each in dict.fromkeys(refused)
    ][:MOST_REFUSED]


def _record(run: Run, decision: Decision) -> None:
    """Records what was measured, and that production is kept; a promotion says so once it is made.

    The run comes last: with its decision it has succeeded, whatever breaks afterwards.
    """
    model = run.production.model(run.version)
    if model is None:
        raise PermanentError("not-registered", f"The model {run.version} is not registered.")
    word = None if decision.promote else "kept"
    seconds = {
        step.name: (step.ended_at - step.started_at).total_seconds()
        for step in run.recorder.run.steps
        if step.started_at and step.ended_at
    }
    known = {
        "evaluation": decision.evaluation,
        "comparison": decision.comparison,
        "decision": word,
        "reason": decision.reason,
        "seconds": seconds,
    }
    run.production.register(model.model_copy(update=known))
    # The model that came with the code was never measured on this set.
    old = run.production.model(decision.comparison.production_version)
    if old:
        run.production.register(old.model_copy(update={"evaluation": decision.production}))
    run.recorder.update(comparison=decision.comparison, decision=word, reason=decision.reason)


def _name_production(run: Run, registry_name: str) -> None:
    """Moves the registry's alias, if it can be: the pointer decides what serves, not the alias."""
    pointer = run.production.pointer()
    if pointer is None or pointer.model_version != run.version:
        return  # rolled back since an earlier try
    reason = (run.recorder.run.reason or "").removesuffix(f" {_STALE_ALIAS}")  # of an earlier try
    try:
        ModelRegistry(run.settings).point_production_at(registry_name)
    except (RetryableError, GoogleAPICallError):
        log.exception("the alias was not moved")
        reason += f" {_STALE_ALIAS}"
    run.recorder.update(reason=reason)


def _parent(run: Run) -> str | None:
    pointer = run.production.pointer()
    return pointer.model_version if pointer else None
