"""The local Vertex AI on a port of its own, and Google's clients to it."""

import asyncio
import os
import threading
from pathlib import Path
from typing import Any

import uvicorn
from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform_v1

from infrastructure.local.standins import Server
from infrastructure.local.supervision.ports import HOST
from infrastructure.local.vertex import Jobs, Registry, create_app
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE_SECONDS, wait_until

PARENT = "projects/demo-vertex/locations/europe-west4"


class Vertex:
    """The stand-in on a port of its own, and Google's clients to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        options = {"api_endpoint": f"http://{HOST}:{self.port}"}
        arguments = {"transport": "rest", "credentials": AnonymousCredentials()}
        self.jobs = aiplatform_v1.PipelineServiceClient(client_options=options, **arguments)
        self.models = aiplatform_v1.ModelServiceClient(client_options=options, **arguments)
        self.start()

    def start(self) -> None:
        started = threading.Event()

        async def serve() -> None:
            jobs = Jobs(self.folder / "jobs", os.environ)
            app = create_app(jobs, Registry(self.folder / "models.json"))
            self.server = Server(uvicorn.Config(app, HOST, self.port, log_level="warning"))
            serving = asyncio.create_task(self.server.serve())
            while not self.server.started:
                await asyncio.sleep(0.01)
            started.set()
            await serving
            await jobs.stop()

        self.thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
        self.thread.start()
        assert started.wait(PATIENCE_SECONDS)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join()

    def submit(
        self, job_id: str, template: dict[str, Any], **values: Any
    ) -> aiplatform_v1.PipelineJob:
        job = aiplatform_v1.PipelineJob(
            display_name=job_id,
            pipeline_spec=template,
            runtime_config=aiplatform_v1.PipelineJob.RuntimeConfig(
                gcs_output_directory="gs://demo-pipeline/root", parameter_values=values
            ),
        )
        return self.jobs.create_pipeline_job(
            parent=PARENT, pipeline_job=job, pipeline_job_id=job_id
        )

    def state(self, job_id: str) -> str:
        job = self.jobs.get_pipeline_job(name=f"{PARENT}/pipelineJobs/{job_id}")
        return str(job.state.name).removeprefix("PIPELINE_STATE_")

    def wait_for(self, job_id: str, *states: str) -> aiplatform_v1.PipelineJob:
        wait_until(lambda: self.state(job_id) in states, told=lambda: self.state(job_id))
        return self.jobs.get_pipeline_job(name=f"{PARENT}/pipelineJobs/{job_id}")


def upload(vertex: Vertex, parent_model: str = "") -> aiplatform_v1.UploadModelResponse:
    """Registers a model, or another version of one."""
    model = aiplatform_v1.Model(
        display_name="discai",
        artifact_uri="gs://demo-models/models/1",
        container_spec=aiplatform_v1.ModelContainerSpec(image_uri="example.test/worker"),
    )
    request = aiplatform_v1.UploadModelRequest(
        parent=PARENT, model=model, model_id="discai", parent_model=parent_model
    )
    return vertex.models.upload_model(request=request).result(timeout=PATIENCE_SECONDS)
