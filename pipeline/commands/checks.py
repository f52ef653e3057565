"""Checks before a run: whatever would make it fail is found before anything is submitted."""

from collections.abc import Iterator
from typing import Any

from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError
from google.cloud import storage

from discai.cloud.firestore import FirestoreDatabase
from discai.cloud.paths import split_address
from discai.cloud.production import ProductionRepository
from discai.cloud.retraining_settings import RetrainingSettings
from discai.cloud.vertex import VertexSubmitter, template_at
from discai.errors import DiscaiError
from pipeline.commands.options import option


def problems(settings: RetrainingSettings) -> list[str]:
    """A sentence for each thing that is wrong; none if a run could start."""
    buckets = storage.Client(settings.google_cloud_project)
    try:
        return [
            *_missing_buckets(settings, buckets),
            *_wrong_template(settings, buckets),
            *_missing_data(settings, buckets),
            *_no_production(settings),
        ]
    except GoogleAPIError as error:
        return [f"Google Cloud refuses to answer: {error}"]


def silent_vertex(settings: RetrainingSettings) -> list[str]:
    """A sentence if Vertex AI can't be asked, for who only checks: a run waits for it."""
    try:
        buckets = storage.Client(settings.google_cloud_project)
        VertexSubmitter.connect(settings, buckets).must_answer()
    except (DiscaiError, GoogleAuthError) as error:
        return [f"Vertex AI in {settings.pipeline_region} can't be asked: {error}"]
    return []


def _missing_buckets(settings: RetrainingSettings, buckets: Any) -> Iterator[str]:
    for name in (settings.results_bucket, settings.models_bucket, settings.pipeline_bucket):
        if buckets.lookup_bucket(name) is None:
            yield f"There is no bucket {name}, or it may not be seen."


def _wrong_template(settings: RetrainingSettings, buckets: Any) -> Iterator[str]:
    try:
        template_at(settings.pipeline_template, buckets)
    except DiscaiError as error:
        yield f"{error.message} ({settings.pipeline_template})"


def _missing_data(settings: RetrainingSettings, buckets: Any) -> Iterator[str]:
    for field in ("original_dataset", "evaluation_set"):
        address = getattr(settings, field)
        if not address:
            continue
        bucket, prefix = split_address(address)
        table = f"{prefix.rstrip('/')}/spider/midslices.json"
        if not address.startswith("gs://") or not buckets.bucket(bucket).blob(table).exists():
            yield (
                f"{option(field)}: nothing is at {address}; "
                "python -m pipeline.data.original uploads it."
            )


def _no_production(settings: RetrainingSettings) -> Iterator[str]:
    database = FirestoreDatabase.connect(settings.google_cloud_project)
    if ProductionRepository(database).pointer() is None:
        yield "No model is in production: run python -m pipeline.commands.seed first."
