"""The local Vertex AI through Google's own client: jobs that run, fail, end; models and aliases."""

import pytest
from google.api_core.exceptions import BadRequest, Conflict, NotFound
from kfp import compiler, dsl
from yaml import safe_load

from tests.support.vertex import PARENT, upload
from tests.support.waiting import wait_until


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


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> dict:
    path = tmp_path_factory.mktemp("template") / "pipeline.yaml"
    compiler.Compiler().compile(pipeline, str(path))
    return safe_load(path.read_text())


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
    wait_until((tmp_path / "began").exists)
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
