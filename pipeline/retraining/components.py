"""The retraining steps as KFP components: each is one call into `pipeline.retraining.steps`.

The image holds the installed packages, so that one definition runs on Vertex AI and, by
`kfp.local`, in this machine's own environment. KFP copies the bodies into the compiled pipeline:
they may use nothing of this module.
"""

from types import SimpleNamespace
from typing import Any

from kfp import dsl
from kfp.dsl import Artifact, Dataset, Input, Metrics, Model, Output


def snapshot(settings: dict[str, Any], run: str, cutoff: str, labels: Output[Artifact]) -> None:
    """Freeze the labels of reviewers."""
    from pipeline.retraining import steps

    labels.metadata.update(steps.snapshot(settings, run, cutoff, labels.path))


def prepare(
    settings: dict[str, Any], run: str, labels: Input[Artifact], dataset: Output[Dataset]
) -> str:
    """Crops and their labels as an immutable dataset; returns its digest."""
    from pipeline.retraining import steps

    prepared = steps.prepare(settings, run, labels.path)
    dataset.uri = prepared.address
    dataset.metadata.update(prepared.record.to_document())
    return prepared.record.digest


def tune(settings: dict[str, Any], run: str, dataset: str) -> dict[str, Any]:
    """The hyperparameters that read held-out folds of the dataset best."""
    from pipeline.retraining import steps

    return steps.tune(settings, run, dataset)


def train(
    settings: dict[str, Any],
    run: str,
    dataset: str,
    hyperparameters: dict[str, Any],
    retrain_segmentation: bool,
    labels: Input[Artifact],
    model: Output[Model],
) -> str:
    """The challenger; returns its version."""
    from pipeline.retraining import steps

    return steps.train(
        settings, run, dataset, hyperparameters, retrain_segmentation, labels.path, model.path
    )


def register(settings: dict[str, Any], run: str, model: Input[Model]) -> str:
    """The challenger in the models bucket and the registry; returns its name there."""
    from pipeline.retraining import steps

    return steps.register(settings, run, model.path)


def evaluate(
    settings: dict[str, Any], run: str, version: str, dataset: str, metrics: Output[Metrics]
) -> bool:
    """Challenger against production on the frozen set; whether it is to be promoted."""
    from pipeline.retraining import steps

    comparison = steps.evaluate(settings, run, version, dataset)
    for name, value in comparison.numbers.items():
        metrics.log_metric(name, value)
    return comparison.promote


def promote(settings: dict[str, Any], run: str, registry_name: str) -> None:
    """The challenger in production, unless another run was quicker."""
    from pipeline.retraining import steps

    steps.promote(settings, run, registry_name)


def close(settings: dict[str, Any], run: str, status: dsl.PipelineTaskFinalStatus) -> None:
    """The end of the run, however it went."""
    from pipeline.retraining import steps

    steps.close(settings, run, status.state, status.error_message or "")


def components(image: str) -> SimpleNamespace:
    """The components above, to be run in a container image."""
    make = dsl.component(base_image=image, install_kfp_package=False)
    steps = (snapshot, prepare, tune, train, register, evaluate, promote, close)
    return SimpleNamespace(**{step.__name__: make(step) for step in steps})
