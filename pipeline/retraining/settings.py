"""Where a retraining run works and what it may spend: one object through all its steps."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class RetrainingSettings(BaseModel):
    """The pipeline's `settings` parameter, as the submitter of a run fills it.

    Attributes:
        worker_image: what the model registry names as the container that serves a model.
        encryption_key: a key of Cloud KMS for registered models; empty for Google's own.
        vertex_endpoint: the address of a stand-in for Vertex AI; empty for the real one.
        tensorboard: resource name of a Vertex AI TensorBoard that gets the logs; empty for none.
        original: `gs://` address of the original dataset, as `pipeline.data.original` uploaded it;
            empty where models learn from corrections alone.
        evaluation: the same of the frozen evaluation set.
        trials: of the hyperparameter search; 0 keeps the defaults.
        segmentation_steps: of fine-tuning the segmentation, in a run that asks for it.
        repeats: of the folds on whose unseen discs a challenger is calibrated.
        correction_weight: how much a disc of a corrected scan weighs beside one of the original
            dataset; reviewers looked at it and found something to change.
        acceptance_weight: the same of a scan that was accepted as the model had read it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    project: str
    region: str
    results_bucket: str
    models_bucket: str
    pipeline_bucket: str
    worker_image: str = "discai-worker"
    encryption_key: str = ""
    vertex_endpoint: str = ""
    tensorboard: str = ""
    original: str = ""
    evaluation: str = ""
    trials: Annotated[int, Field(ge=0, le=100)] = 8
    segmentation_steps: Annotated[int, Field(ge=1, le=10_000)] = 400
    repeats: Annotated[int, Field(ge=1, le=10)] = 3
    correction_weight: Annotated[float, Field(ge=0)] = 2.0
    acceptance_weight: Annotated[float, Field(ge=0)] = 0.5

    @property
    def weights(self) -> dict[str, float]:
        """Of a disc in training, by where its label comes from."""
        return {
            "original": 1.0,
            "correction": self.correction_weight,
            "acceptance": self.acceptance_weight,
        }
