"""Settings of retraining: the functions read them, and a run takes them through all its steps."""

from typing import Annotated

from pydantic import Field

from discai.cloud.environment import (
    EnvironmentSettings,
    GoogleCloudProject,
    PipelineBucket,
    ResultsBucket,
)

EvaluationSet = Annotated[
    str,
    Field(
        description="`gs://` address of the frozen evaluation set, on which a new model is "
        "compared with the one in production; while it is empty, no run starts by itself."
    ),
]


class RetrainingSettings(EnvironmentSettings):
    """A retraining run's places, data, limits and weights.

    As JSON these are the parameter `settings` of the compiled pipeline, whose steps read it again.
    """

    google_cloud_project: GoogleCloudProject
    results_bucket: ResultsBucket
    pipeline_template: str = Field(
        min_length=1,
        description="`gs://BUCKET/…/SHA256.json`, the compiled pipeline in a file whose name is "
        "its digest; without it labels are counted, and nothing is trained.",
    )
    pipeline_region: str = Field(
        min_length=1,
        description="Region in which Vertex AI runs the pipeline and registers models.",
    )
    pipeline_bucket: PipelineBucket
    models_bucket: str = Field(
        min_length=1, description="Bucket that new models are stored in, each under its version."
    )
    pipeline_service_account: str = Field(
        default="",
        description="E-mail address of the service account that the pipeline runs as; empty for "
        "Vertex AI's default.",
    )
    pipeline_endpoint: str = Field(
        default="",
        description="URL of a stand-in for Vertex AI, as the local cloud has one; empty for Vertex "
        "AI itself.",
    )
    original_dataset: str = Field(
        default="",
        description="`gs://` address of the original dataset, as "
        "`uv run python -m pipeline.data.original` uploads it; empty where models learn from "
        "labels alone.",
    )
    evaluation_set: EvaluationSet = ""
    tensorboard: str = Field(
        default="",
        description="Resource name of a Vertex AI TensorBoard that shows training logs; empty for "
        "none.",
    )
    tuning_trials: int = Field(
        default=8,
        ge=0,
        le=100,
        description="Trials of the hyperparameter search in a run; 0 leaves the search out.",
    )
    segmentation_steps: int = Field(
        default=400,
        ge=1,
        le=10_000,
        description="Training steps of fine-tuning the segmentation, in a run that asks for it.",
    )
    calibration_repeats: int = Field(
        default=3,
        ge=1,
        le=10,
        description="Repeats of the cross-validation on whose held-out discs the probabilities of "
        "a new model are calibrated.",
    )
    correction_weight: float = Field(
        default=2.0,
        ge=0,
        description="Weight in training of a disc that a reviewer has judged in a correction; a "
        "disc of the original dataset weighs 1, one that nobody has judged nothing.",
    )
    acceptance_weight: float = Field(
        default=0.5,
        ge=0,
        description="Weight in training of a disc that a reviewer has confirmed before accepting "
        "the scan as the model had read it.",
    )
    worker_image: str = Field(
        default="discai-worker",
        description="Container image that the model registry names as the one that serves a model.",
    )
    encryption_key: str = Field(
        default="",
        description="Resource name of a Cloud KMS key that encrypts pipeline jobs and registered "
        "models; empty for keys of Google's own.",
    )

    @property
    def weights(self) -> dict[str, float]:
        """Of a disc in training, by where its label comes from."""
        return {
            "original": 1.0,
            "correction": self.correction_weight,
            "acceptance": self.acceptance_weight,
        }
