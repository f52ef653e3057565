"""Checks before a run: whatever would make it fail is found before anything is submitted."""

import dataclasses
from collections.abc import Iterator
from typing import Any, Final

from google.api_core.exceptions import GoogleAPIError
from google.cloud import firestore, storage

from discai.cloud.paths import split_address
from discai.cloud.production import ProductionRepository
from discai.cloud.vertex import PipelineSettings, template_at
from discai.errors import DiscaiError

_OPTIONAL: Final = (
    "service_account",
    "endpoint",
    "original",
    "tensorboard",
    "worker_image",
    "encryption_key",
    "tuning_trials",
)


def problems(settings: PipelineSettings) -> list[str]:
    """A sentence for each thing that is wrong; none if a run could start."""
    missing = [
        field.name.replace("_", "-")
        for field in dataclasses.fields(settings)
        if field.name not in _OPTIONAL and not getattr(settings, field.name)
    ]
    if missing:
        return [f"Set --{name}." for name in missing]
    buckets = storage.Client(settings.project)
    try:
        return [
            *_missing_buckets(settings, buckets),
            *_wrong_template(settings, buckets),
            *_missing_data(settings, buckets),
            *_no_production(settings),
        ]
    except GoogleAPIError as error:
        return [f"Google Cloud refuses to answer: {error}"]


def _missing_buckets(settings: PipelineSettings, buckets: Any) -> Iterator[str]:
    for name in (settings.results_bucket, settings.models_bucket, settings.pipeline_bucket):
        if buckets.lookup_bucket(name) is None:
            yield f"There is no bucket {name}, or it may not be seen."


def _wrong_template(settings: PipelineSettings, buckets: Any) -> Iterator[str]:
    try:
        template_at(settings.template, buckets)
    except DiscaiError as error:
        yield f"{error.message} ({settings.template})"


def _missing_data(settings: PipelineSettings, buckets: Any) -> Iterator[str]:
    for option, address in (("original", settings.original), ("evaluation", settings.evaluation)):
        if not address:
            continue
        bucket, prefix = split_address(address)
        table = f"{prefix.rstrip('/')}/spider/midslices.json"
        if not address.startswith("gs://") or not buckets.bucket(bucket).blob(table).exists():
            yield (
                f"--{option}: nothing is at {address}; python -m pipeline.data.original uploads it."
            )


def _no_production(settings: PipelineSettings) -> Iterator[str]:
    if ProductionRepository(firestore.Client(settings.project)).pointer() is None:
        yield "No model is in production: run python -m pipeline.commands.seed first."
