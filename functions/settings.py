"""Settings of the functions."""

from typing import Any

from pydantic import Field

from discai.cloud.environment import (
    EnvironmentSettings,
    FilingSetting,
    GoogleCloudProject,
    ResultsBucket,
    StudyKeysSecret,
    UploadsBucket,
)
from discai.cloud.retraining_settings import RetrainingSettings


class Settings(EnvironmentSettings):
    """Settings of all functions, so that one deployment sets them alike."""

    google_cloud_project: GoogleCloudProject
    uploads_bucket: UploadsBucket
    results_bucket: ResultsBucket
    inference_topic: str = Field(
        min_length=1,
        description="Short name of the Pub/Sub topic that queues scans for the worker.",
    )
    web_origin: str = Field(
        min_length=1, description="The only origin (CORS) whose pages may call the api."
    )
    signing_key_file: str = Field(
        default="",
        description="Key file (JSON) of a service account that signs URLs; empty where IAM signs.",
    )
    study_keys_secret: StudyKeysSecret | None = Field(
        default=None,
        description="Secret under which loose slices of one series find each other: the worker's. "
        "Only functions that take uploads have it.",
    )
    filing: FilingSetting = "off"
    retrain_threshold: int = Field(
        default=50, description="Number of newly labelled scans that start a retraining run."
    )
    retraining: RetrainingSettings | None = Field(
        default=None, description="Settings of retraining; none where labels are only counted."
    )

    @classmethod
    def variables(cls) -> dict[str, Any]:
        """With those of retraining as soon as there is a pipeline to run."""
        retraining = RetrainingSettings.variables()
        with_pipeline = {"retraining": retraining} if "pipeline_template" in retraining else {}
        return super().variables() | with_pipeline
