"""Make the model that came with the code the first one in production:

    python -m pipeline.commands.seed --project P --models-bucket B

Its files go to the models bucket and its record to Firestore, so that workers, comparisons and
rollbacks find it like any other version; the pointer moves to it only if it points nowhere yet.
Whatever is there already stays as it is.
"""

import argparse
from pathlib import Path
from typing import Any

from google.cloud import storage

from discai.cloud.database import Database
from discai.cloud.firestore import FirestoreDatabase
from discai.cloud.models import ModelStore
from discai.cloud.production import ProductionRepository
from discai.manifest import manifest_digest, manifest_in
from discai.predictor import built_in_model
from discai.records.models import ModelVersion


def seed(database: Database, buckets: Any, models_bucket: str, folder: Path) -> bool:
    """Registers the model of a folder; whether it is in production."""
    manifest = manifest_in(folder)
    version = manifest.model_version
    ModelStore(buckets, models_bucket).publish(folder)
    production = ProductionRepository(database)
    digest = manifest_digest(folder)
    if production.model(version) is None:
        production.register(
            ModelVersion(
                model_version=version,
                model_digest=digest,
                created_at=manifest.created_at,
                herniation_threshold=manifest.thresholds.herniation,
                git_commit=manifest.git_commit,
                reason="The model that came with the code.",
                seconds={},
            )
        )
    if production.pointer() is None:
        production.move(version, digest, by="seed", reason="The first model in production.")
    pointer = production.pointer()
    return pointer is not None and pointer.model_version == version


def main() -> None:
    """Seed from the command line."""
    parser = argparse.ArgumentParser("python -m pipeline.commands.seed", description=seed.__doc__)
    parser.add_argument("--project", required=True)
    parser.add_argument("--models-bucket", required=True)
    options = parser.parse_args()
    folder = built_in_model()
    serves = seed(
        FirestoreDatabase.connect(options.project),
        storage.Client(options.project),
        options.models_bucket,
        folder,
    )
    print(f"{folder.name} is {'in production' if serves else 'registered; production stays'}.")


if __name__ == "__main__":
    main()
