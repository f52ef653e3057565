"""Publishing of a record: beside the weights, into their manifest, onto their card."""

from pathlib import Path
from typing import Any

from discai.manifest import MANIFEST_NAME, Manifest, write_manifest
from pipeline.evaluation.record import EvaluationRecord
from pipeline.evaluation.report.card import write_model_card
from pipeline.evaluation.report.targets import TARGETS


def publish_beside(weights: Path, evaluation: EvaluationRecord) -> None:
    """Write `evaluation.json`, the manifest's metrics and the model card of a folder of weights.

    The manifest's digest changes with it: weights are measured before they are served.
    """
    manifest = Manifest.model_validate_json((weights / MANIFEST_NAME).read_bytes())
    if manifest.files != evaluation.weights:
        raise ValueError(f"{weights} holds other weights than those that were measured")
    manifest = manifest.model_copy(update={"metrics": headline(evaluation)})
    evaluation.save(weights)
    write_manifest(weights, manifest)
    write_model_card(weights, manifest, evaluation)


def headline(evaluation: EvaluationRecord) -> dict[str, Any]:
    """The few numbers that travel with the manifest, by the words of their targets."""
    measured = {target.words: target.measured(evaluation) for target in TARGETS}
    return {
        words: {"value": e.value, "low": e.low, "high": e.high, "count": e.count}
        for words, e in measured.items()
        if e is not None
    }
