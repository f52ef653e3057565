"""Models to promote: the built-in one under other names."""

import shutil
from pathlib import Path

from discai.cloud.models import ModelStore
from discai.manifest import Manifest, manifest_in, write_manifest
from discai.predictor import built_in_model


def publish_copy(
    store: ModelStore, version: str, folder: Path, herniation_threshold: float | None = None
) -> Manifest:
    """Puts the built-in model into the bucket as that version, with another threshold if given."""
    copy = Path(shutil.copytree(built_in_model(), folder / version))
    manifest = manifest_in(copy).model_copy(update={"model_version": version})
    if herniation_threshold is not None:
        thresholds = manifest.thresholds.model_copy(update={"herniation": herniation_threshold})
        manifest = manifest.model_copy(update={"thresholds": thresholds})
    write_manifest(copy, manifest)
    store.publish(copy)
    return manifest
