"""The local Vertex AI through Google's own client: jobs that run, fail, end; models and aliases."""

import asyncio
import os
import threading
import time
from pathlib import Path

import pytest
import uvicorn
from google.api_core.exceptions import BadRequest, Conflict, NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform_v1
from kfp import compiler, dsl
from yaml import safe_load

from infrastructure.local.processes import HOST, free_port
from infrastructure.local.standins import Server
from infrastructure.local.vertex import Jobs, Registry, create_app

PARENT = "projects/demo-vertex/locations/europe-west4"


@dsl.component(base_image="example.test/pipeline-python", install_kfp_package=False)
def work(seconds: float, fail: bool, folder: str):
    """Leaves a file, waits, and ends as it is told."""
    import pathlib
    import time

    (pathlib.Path(folder) / "began").write_text(str(time.time()))
    time.sleep(seconds)
    if fail:
        raise RuntimeError("there was nothing to learn from")


@dsl.component(base_image="example.test/pipeline-python", install_kfp_package=False)
def close(folder: str, status: dsl.PipelineTaskFinalStatus):
    """Leaves a file that says how it went."""
    import pathlib

    (pathlib.Path(folder) / "closed").write_text(status.state)


@dsl.pipeline(name="working")
def pipeline(folder: str, seconds: float = 0.0, fail: bool = False, epoch: int = 0):
    """One step and an exit handler; `epoch` must arrive as the integer that it is."""
    with dsl.ExitHandler(close(folder=folder)):
        work(seconds=seconds, fail=fail, folder=folder)


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
        assert started.wait(10)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join()

    def submit(self, job_id: str, template: dict, **values) -> aiplatform_v1.PipelineJob:
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
        return job.state.name.removeprefix("PIPELINE_STATE_")

    def wait_for(self, job_id: str, *states: str) -> aiplatform_v1.PipelineJob:
        deadline = time.monotonic() + 60
        while self.state(job_id) not in states:
            assert time.monotonic() < deadline, self.state(job_id)
            time.sleep(0.05)
        return self.jobs.get_pipeline_job(name=f"{PARENT}/pipelineJobs/{job_id}")


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> dict:
    path = tmp_path_factory.mktemp("template") / "pipeline.yaml"
    compiler.Compiler().compile(pipeline, str(path))
    return safe_load(path.read_text())


@pytest.fixture
def vertex(tmp_path):
    running = Vertex(tmp_path / "vertex")
    yield running
    running.stop()


def test_a_job_runs_its_compiled_pipeline(vertex, template, tmp_path):
    job = vertex.submit("retrain-000001", template, folder=str(tmp_path), epoch=1)
    assert job.name == f"{PARENT}/pipelineJobs/retrain-000001"
    ended = vertex.wait_for("retrain-000001", "SUCCEEDED", "FAILED")
    assert ended.state.name == "PIPELINE_STATE_SUCCEEDED"
    assert ended.end_time > ended.start_time
    assert (tmp_path / "closed").read_text() == "SUCCEEDED"


def test_an_id_is_taken_once(vertex, template, tmp_path):
    vertex.submit("retrain-000001", template, folder=str(tmp_path))
    with pytest.raises(Conflict):
        vertex.submit("retrain-000001", template, folder=str(tmp_path))
    assert len(list(vertex.jobs.list_pipeline_jobs(parent=PARENT))) == 1


def test_a_failed_step_fails_the_job_after_its_exit_handler(vertex, template, tmp_path):
    vertex.submit("retrain-000001", template, folder=str(tmp_path), fail=True)
    ended = vertex.wait_for("retrain-000001", "SUCCEEDED", "FAILED")
    assert ended.state.name == "PIPELINE_STATE_FAILED"
    assert "work" in ended.error.message
    assert (tmp_path / "closed").read_text() == "FAILED"


def test_a_cancelled_job_ends_with_its_processes(vertex, template, tmp_path):
    vertex.submit("retrain-000001", template, folder=str(tmp_path), seconds=60.0)
    deadline = time.monotonic() + 30
    while not (tmp_path / "began").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    vertex.jobs.cancel_pipeline_job(name=f"{PARENT}/pipelineJobs/retrain-000001")
    assert vertex.state("retrain-000001") == "CANCELLED"


def test_jobs_survive_a_restart_and_a_lost_one_has_failed(vertex, template, tmp_path):
    vertex.submit("retrain-000001", template, folder=str(tmp_path))
    vertex.wait_for("retrain-000001", "SUCCEEDED", "FAILED")
    lost = vertex.folder / "jobs" / "retrain-000001.json"
    lost.with_name("retrain-000002.json").write_text(
        lost.read_text().replace("retrain-000001", "retrain-000002").replace("SUCCEEDED", "RUNNING")
    )
    vertex.stop()
    vertex.start()
    assert vertex.state("retrain-000001") == "SUCCEEDED"
    assert vertex.state("retrain-000002") == "FAILED"


def test_what_cannot_run_is_refused(vertex, template, tmp_path):
    with pytest.raises(BadRequest, match="compiled pipeline"):
        vertex.submit("retrain-000001", {"name": "nothing"})
    with pytest.raises(BadRequest, match="pipelineJobId"):
        vertex.submit("Retrain 1", template)
    with pytest.raises(NotFound):
        vertex.state("retrain-000001")


def upload(vertex: Vertex, parent_model: str = "") -> aiplatform_v1.UploadModelResponse:
    model = aiplatform_v1.Model(
        display_name="discai",
        artifact_uri="gs://demo-models/models/1",
        container_spec=aiplatform_v1.ModelContainerSpec(image_uri="example.test/worker"),
    )
    request = aiplatform_v1.UploadModelRequest(
        parent=PARENT, model=model, model_id="discai", parent_model=parent_model
    )
    return vertex.models.upload_model(request=request).result(timeout=10)


def test_an_alias_moves_from_one_version_to_the_next(vertex):
    first = upload(vertex)
    second = upload(vertex, parent_model=first.model)
    assert [first.model_version_id, second.model_version_id] == ["1", "2"]
    for version in (first, second):
        vertex.models.merge_version_aliases(
            name=f"{version.model}@{version.model_version_id}", version_aliases=["production"]
        )
    production = vertex.models.get_model(name=f"{first.model}@production")
    assert production.version_id == "2"
    assert "production" not in vertex.models.get_model(name=f"{first.model}@1").version_aliases
