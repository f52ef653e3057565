"""Retraining runs as pipeline jobs of Vertex AI."""

import contextlib
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any, Final, Literal

from google.api_core.exceptions import BadRequest, ClientError, Conflict, NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform_v1 as vertex
from google.cloud import storage

from discai.cloud.paths import split_address
from discai.cloud.retraining import Job
from discai.cloud.retraining_settings import RetrainingSettings
from discai.cloud.retrying import TRANSIENT, retryable
from discai.errors import PermanentError
from discai.records.models import RetrainingRun

#: All others are a job that is still on its way.
_ENDS: Final[dict[Any, Literal["succeeded", "failed"]]] = {
    vertex.PipelineState.PIPELINE_STATE_SUCCEEDED: "succeeded",
    vertex.PipelineState.PIPELINE_STATE_FAILED: "failed",
    vertex.PipelineState.PIPELINE_STATE_CANCELLED: "failed",
}


#: No run is called so.
_NO_JOB: Final = "retrain-none"


def template_at(address: str, buckets: Any) -> dict[str, Any]:
    """The compiled pipeline at a `gs://` address, if it has the digest that its name says.

    `buckets` is a storage client. Raises `PermanentError`: `no-template`, `wrong-template`.
    """
    bucket, path = split_address(address)
    with retryable("Cloud Storage"):
        try:
            data = buckets.bucket(bucket).blob(path).download_as_bytes()
        except NotFound as error:
            raise PermanentError(
                "no-template", "The compiled pipeline is not where it should be."
            ) from error
    if hashlib.sha256(data).hexdigest() != PurePosixPath(path).stem:
        raise PermanentError(
            "wrong-template", "The compiled pipeline is not the one that was deployed."
        )
    template: dict[str, Any] = json.loads(data)
    return template


class VertexSubmitter:
    """Submits the compiled pipeline; a run's name is the job's id, so that it has one job."""

    def __init__(self, settings: RetrainingSettings, client: Any, buckets: storage.Client) -> None:
        self._settings = settings
        self._client = client
        self._buckets: Any = buckets
        project, region = settings.google_cloud_project, settings.pipeline_region
        self._parent = f"projects/{project}/locations/{region}"

    @classmethod
    def connect(cls, settings: RetrainingSettings, buckets: storage.Client) -> "VertexSubmitter":
        """With Vertex AI in the pipeline's region, or with the stand-in that settings name."""
        stand_in = settings.pipeline_endpoint
        endpoint = stand_in or f"https://{settings.pipeline_region}-aiplatform.googleapis.com"
        client = vertex.PipelineServiceClient(
            client_options={"api_endpoint": endpoint},
            transport="rest",
            credentials=AnonymousCredentials() if stand_in else None,
        )
        return cls(settings, client, buckets)

    def submit(self, run: RetrainingRun) -> Job:
        """Starts the run's job, or finds the one that an earlier call has started."""
        job: dict[str, Any] = {
            "display_name": f"Retraining {run.epoch}",
            "pipeline_spec": template_at(self._settings.pipeline_template, self._buckets),
            "runtime_config": {
                "gcs_output_directory": f"gs://{self._settings.pipeline_bucket}/runs",
                "parameter_values": self._parameters(run),
            },
            "service_account": self._settings.pipeline_service_account,
            "labels": {"epoch": str(run.epoch)},
        }
        if self._settings.encryption_key:
            job["encryption_spec"] = {"kms_key_name": self._settings.encryption_key}
        with _refusals():
            try:
                created = self._client.create_pipeline_job(
                    parent=self._parent, pipeline_job=job, pipeline_job_id=_id(run)
                )
            except Conflict:
                created = self._client.get_pipeline_job(name=self._name(run))
        return self._job(created)

    def look(self, run: RetrainingRun) -> Job | None:
        """The run's job as it is now, or None if there is none."""
        with _refusals():
            try:
                job = self._client.get_pipeline_job(name=self._name(run))
            except NotFound:
                return None
        return self._job(job)

    def cancel(self, run: RetrainingRun) -> None:
        """Ends the run's job if it still runs."""
        with _refusals():
            try:
                self._client.cancel_pipeline_job(name=self._name(run))
            except (NotFound, BadRequest):
                return

    def must_answer(self) -> None:
        """Raises as `look` does, if Vertex AI can't be asked for jobs in the pipeline's region."""
        with _refusals(), contextlib.suppress(NotFound):
            self._client.get_pipeline_job(name=f"{self._parent}/pipelineJobs/{_NO_JOB}")

    def _parameters(self, run: RetrainingRun) -> dict[str, Any]:
        """Parameters of the pipeline, as `pipeline.retraining.pipeline` declares them."""
        return {
            "run": run.name,
            "cutoff": run.cutoff.isoformat(),
            "retrain_segmentation": run.retrain_segmentation,
            "settings": self._settings.model_dump(mode="json"),
        }

    def _job(self, job: Any) -> Job:
        settings = self._settings
        return Job(
            name=job.name,
            url=(
                "https://console.cloud.google.com/vertex-ai/locations/"
                f"{settings.pipeline_region}/pipelines/runs/{job.name.rpartition('/')[2]}"
                f"?project={settings.google_cloud_project}"
            ),
            state=_ENDS.get(job.state, "running"),
            message=job.error.message,
        )

    def _name(self, run: RetrainingRun) -> str:
        return run.job_name or f"{self._parent}/pipelineJobs/{_id(run)}"


def _id(run: RetrainingRun) -> str:
    return f"retrain-{run.name}"


@contextmanager
def _refusals() -> Iterator[None]:
    """Within it, what Vertex AI refuses for good is a `PermanentError` with its reason."""
    with retryable("Vertex AI"):
        try:
            yield
        except TRANSIENT:
            raise
        except ClientError as error:
            raise PermanentError(
                "pipeline-refused", f"Vertex AI refused the run: {error.message}"
            ) from error
