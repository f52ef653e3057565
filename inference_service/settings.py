"""Settings of the worker."""

from typing import Any, Self

from pydantic import Field, model_validator

from discai.cloud.archive_settings import ArchiveSettings
from discai.cloud.environment import (
    EnvironmentSettings,
    FilingSetting,
    GoogleCloudProject,
    ResultsBucket,
    StudyKeysSecret,
)
from discai.cloud.scans import LEASE_SECONDS


class Settings(EnvironmentSettings):
    """The worker's project, its model, and the pushes that it takes."""

    google_cloud_project: GoogleCloudProject
    results_bucket: ResultsBucket
    study_keys_secret: StudyKeysSecret
    push_audience: str = Field(
        default="",
        description="Audience that the OIDC token of each push from Pub/Sub must have; set it "
        "together with `PUSH_SERVICE_ACCOUNT`, or neither where pushes come without a token, as "
        "the emulator's do.",
    )
    push_service_account: str = Field(
        default="", description="E-mail address of the service account that pushes."
    )
    models_bucket: str = Field(
        default="",
        description="Bucket of the models, for a worker that serves the one in production; empty "
        "for the model that comes with the code.",
    )
    model_poll_seconds: float = Field(
        default=5.0,
        description="Seconds after which the worker looks again which model is in production.",
    )
    model_dir: str = Field(
        default="", description="Folder of the model to serve, whatever is in production."
    )
    backend: str = Field(
        default="",
        description="Library that runs the networks, such as `openvino-f32` or `tensorflow`; empty "
        "for the fastest that is installed and exact.",
    )
    filing: FilingSetting = "off"
    inference_topic: str = Field(
        default="",
        description="Short name of the Pub/Sub topic that the worker is pushed from, on which it "
        "asks for results to be stored in the archive.",
    )
    lease_seconds: float = Field(
        default=LEASE_SECONDS,
        description="Seconds after which another worker may take over a scan whose worker has "
        "died.",
    )
    turn_seconds: float = Field(
        default=0.0,
        description="Seconds that a request waits while another scan is read; only where nothing "
        "in front of the worker queues requests, as Cloud Run does.",
    )
    listen_host: str = Field(
        default="127.0.0.1",
        description="Address that the worker listens on: this machine's own, which nobody else "
        "reaches. Its image sets `0.0.0.0`, since a container's port is reached from outside.",
    )
    port: int = Field(default=8080, description="TCP port that the worker listens on.")
    k_service: str = Field(
        default="",
        description="Name of the Cloud Run service, which Cloud Run sets; it checks the tokens of "
        "pushes itself.",
    )
    archive: ArchiveSettings | None = Field(
        default=None, description="The archive that studies come from; none without its address."
    )

    @classmethod
    def variables(cls) -> dict[str, Any]:
        """With those of the archive where there is one."""
        archive = ArchiveSettings.variables()
        return super().variables() | ({"archive": archive} if "dicomweb_url" in archive else {})

    @model_validator(mode="after")
    def _results_can_be_filed(self) -> Self:
        if self.filing != "off" and (self.archive is None or not self.inference_topic):
            raise ValueError(
                f"Set DICOMWEB_URL and INFERENCE_TOPIC, too, where FILING is {self.filing}."
            )
        return self

    @model_validator(mode="after")
    def _push_identity_is_whole(self) -> Self:
        if bool(self.push_audience) != bool(self.push_service_account):
            raise ValueError("Set both PUSH_AUDIENCE and PUSH_SERVICE_ACCOUNT, or neither of them.")
        return self
