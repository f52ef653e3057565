"""Logs of a run for TensorBoard: losses, folds, trials, and a profile of a few batches.

Logs are written into a folder of this machine and uploaded beside the run. They never change what
is trained.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import keras
import tensorflow as tf
from google.api_core.exceptions import GoogleAPIError
from tensorboard.plugins.hparams import api as hparams

from discai.cloud.folders import upload_folder
from discai.cloud.retraining_settings import RetrainingSettings

logger = logging.getLogger(__name__)

#: The first and the last batch that are profiled: those before only warm up.
PROFILED: Final = (2, 4)


class TrainingLogs:
    """A folder of TensorBoard logs, one run of TensorBoard's a name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def scalars(self, name: str, values: Mapping[str, float], step: int = 0) -> None:
        """Adds a point to the curve of each value."""
        with closing(self._writer(name)) as writer, writer.as_default(step):
            for label, value in values.items():
                tf.summary.scalar(label, value)

    def trial(self, name: str, choices: Mapping[str, Any], auroc: float) -> None:
        """Result of a choice of hyperparameters."""
        with closing(self._writer(name)) as writer, writer.as_default(0):
            hparams.hparams(dict(choices), trial_id=name)
            tf.summary.scalar("auroc", auroc)

    def of_fit(self, name: str) -> keras.callbacks.TensorBoard:
        """Follows a network's `fit`: the loss of each epoch, and a profile."""
        return keras.callbacks.TensorBoard(
            str(self.folder / name), write_graph=False, profile_batch=PROFILED
        )

    def _writer(self, name: str) -> Any:
        return tf.summary.create_file_writer(str(self.folder / name))


Show = Callable[[Path, str, str], None]
"""`show(folder, tensorboard, experiment)` uploads logs into a Vertex AI TensorBoard."""


def publish(
    logs: TrainingLogs,
    bucket: Any,
    version: str,
    settings: RetrainingSettings,
    show: Show | None = None,
) -> None:
    """Uploads the logs beside the run, and into the TensorBoard that the settings name.

    A stand-in for Vertex AI has no TensorBoard. One that refuses the logs is only warned of.
    """
    show = show or upload_to_tensorboard
    if not logs.folder.exists():
        return
    upload_folder(bucket, logs_prefix(version), logs.folder)
    if settings.tensorboard and not settings.pipeline_endpoint:
        try:
            show(logs.folder, settings.tensorboard, f"discai-{version}")
        except GoogleAPIError as error:  # missing curves are no reason to lose a model
            logger.warning("the logs can't be shown in %s: %s", settings.tensorboard, error)


def upload_to_tensorboard(folder: Path, tensorboard: str, experiment: str) -> None:
    """Uploads logs as an experiment of `projects/P/locations/L/tensorboards/ID`."""
    from google.cloud import aiplatform  # takes seconds, and few runs need it

    _, project, _, location, _, identity = tensorboard.split("/")
    aiplatform.upload_tb_log(
        tensorboard_id=identity,
        tensorboard_experiment_name=experiment,
        logdir=str(folder),
        project=project,
        location=location,
    )


def logs_prefix(version: str) -> str:
    """Prefix of a challenger's logs in the pipeline's bucket."""
    return f"runs/{version}/logs/"
