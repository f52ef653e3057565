"""The retraining steps as KFP components: each is one call into `pipeline.retraining.steps`.

The image holds the installed packages, so that one definition runs on Vertex AI and, by
`kfp.local`, in this machine's own environment. KFP copies the bodies into the compiled pipeline:
they may use nothing of this module.
"""

from types import SimpleNamespace

from kfp import dsl
from kfp.dsl import Artifact, Dataset, Input, Metrics, Model, Output


def snapshot(settings: dict, epoch: int, cutoff: str, labels: Output[Artifact]):
    """Freeze the labels of reviewers."""
    from pipeline.retraining import steps

    labels.metadata.update(steps.snapshot(settings, epoch, cutoff, labels.path))


def prepare(settings: dict, epoch: int, labels: Input[Artifact], dataset: Output[Dataset]) -> str:
    """Crops and their labels as an immutable dataset; returns its digest."""
    from pipeline.retraining import steps

    prepared = steps.prepare(settings, epoch, labels.path)
    dataset.uri = prepared.address
    dataset.metadata.update(prepared.record.to_document())
    return prepared.record.digest


def tune(settings: dict, epoch: int, dataset: str) -> dict:
    """The hyperparameters that read held-out folds of the dataset best."""
    from pipeline.retraining import steps

    return steps.tune(settings, epoch, dataset)


def train(
    settings: dict,
    epoch: int,
    dataset: str,
    hyperparameters: dict,
    retrain_segmentation: bool,
    labels: Input[Artifact],
    model: Output[Model],
) -> str:
    """The challenger; returns its version."""
    from pipeline.retraining import steps

    return steps.train(
        settings, epoch, dataset, hyperparameters, retrain_segmentation, labels.path, model.path
    )


def register(settings: dict, epoch: int, model: Input[Model]) -> str:
    """The challenger in the models bucket and the registry; returns its name there."""
    from pipeline.retraining import steps

    return steps.register(settings, epoch, model.path)


def evaluate(
    settings: dict, epoch: int, version: str, dataset: str, metrics: Output[Metrics]
) -> bool:
    """Challenger against production on the frozen set; whether it is to be promoted."""
    from pipeline.retraining import steps

    comparison = steps.evaluate(settings, epoch, version, dataset)
    for name, value in comparison.numbers.items():
        metrics.log_metric(name, value)
    return comparison.promote


def promote(settings: dict, epoch: int, registry_name: str):
    """The challenger in production, unless another run was quicker."""
    from pipeline.retraining import steps

    steps.promote(settings, epoch, registry_name)


def close(settings: dict, epoch: int, status: dsl.PipelineTaskFinalStatus):
    """The end of the run, however it went."""
    from pipeline.retraining import steps

    steps.close(settings, epoch, status.state, status.error_message or "")


def components(image: str) -> SimpleNamespace:
    """The components above, to be run in a container image."""
    make = dsl.component(base_image=image, install_kfp_package=False)
    steps = (snapshot, prepare, tune, train, register, evaluate, promote, close)
    return SimpleNamespace(**{step.__name__: make(step) for step in steps})
