"""Runs as pipeline jobs, through Google's client, against the local Vertex AI."""

import hashlib
import json
from datetime import UTC, datetime

import pytest

from discai.cloud.retraining_settings import RetrainingSettings
from discai.cloud.vertex import VertexSubmitter
from discai.errors import PermanentError, RetryableError
from tests.support.records import run_of

#: Accepted, and failed as soon as it runs.
TEMPLATE = json.dumps({"components": {}, "root": {}}).encode()
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def submitter_of(cloud, vertex):
    """A submitter of the template under some name, to some endpoint."""

    def submitter(name: str = f"templates/{hashlib.sha256(TEMPLATE).hexdigest()}.json", **changes):
        settings = {
            "google_cloud_project": cloud.project,
            "pipeline_region": "europe-west4",
            "pipeline_template": f"gs://{cloud.results}/{name}",
            "results_bucket": cloud.results,
            "models_bucket": "models",
            "pipeline_bucket": "pipeline",
            "pipeline_endpoint": f"http://127.0.0.1:{vertex.port}",
            "evaluation_set": "gs://pipeline/evaluation/1/",
            **changes,
        }
        cloud.storage.bucket(cloud.results).blob(name).upload_from_string(TEMPLATE)
        return VertexSubmitter.connect(RetrainingSettings(**settings), cloud.storage)

    return submitter


def test_one_run_is_one_job_however_often_it_is_submitted(cloud, vertex, submitter_of):
    submitter = submitter_of()
    jobs = [submitter.submit(run_of(12, NOW)) for _ in range(3)]
    parent = f"projects/{cloud.project}/locations/europe-west4"
    assert {job.name for job in jobs} == {f"{parent}/pipelineJobs/retrain-000012"}
    (job,) = vertex.jobs.list_pipeline_jobs(parent=parent)
    assert dict(job.runtime_config.parameter_values) == {
        "run": "000012",
        "cutoff": "2026-01-01T12:00:00+00:00",
        "retrain_segmentation": False,
        "settings": job.runtime_config.parameter_values["settings"],
    }
    parameter = job.runtime_config.parameter_values["settings"]
    assert parameter.keys() == RetrainingSettings.model_fields.keys()
    settings = RetrainingSettings.model_validate(parameter)
    assert settings.google_cloud_project == cloud.project
    assert settings.evaluation_set == "gs://pipeline/evaluation/1/"
    assert job.runtime_config.gcs_output_directory == "gs://pipeline/runs"


def test_a_run_of_the_same_number_after_a_restore_finds_no_earlier_job(submitter_of):
    submitter = submitter_of()
    lost, again = run_of(12, NOW, key="0a1b2c3d"), run_of(12, NOW, key="4e5f6a7b")
    submitter.submit(lost)
    assert submitter.look(again) is None
    assert submitter.submit(again).name.endswith("/pipelineJobs/retrain-000012-4e5f6a7b")
    assert submitter.look(lost).name.endswith("/pipelineJobs/retrain-000012-0a1b2c3d")


def test_a_job_that_is_recorded_is_found_by_its_name(submitter_of):
    """As of a run that began before runs had keys."""
    submitter = submitter_of()
    job = submitter.submit(run_of(12, NOW))
    assert submitter.look(run_of(12, NOW, key="0a1b2c3d", job_name=job.name)) == job


def test_jobs_and_their_models_are_encrypted_with_the_key_that_is_named(vertex, submitter_of):
    key = "projects/p/locations/europe-west4/keyRings/discai/cryptoKeys/data"
    submitted = submitter_of(encryption_key=key).submit(run_of(1, NOW))
    job = vertex.jobs.get_pipeline_job(name=submitted.name)
    assert job.encryption_spec.kms_key_name == key
    settings = RetrainingSettings.model_validate(job.runtime_config.parameter_values["settings"])
    assert settings.encryption_key == key


def test_the_page_gets_a_link_to_the_job(submitter_of):
    url = submitter_of().submit(run_of(1, NOW)).url
    assert url.startswith("https://console.cloud.google.com/vertex-ai/")
    assert "/europe-west4/pipelines/runs/retrain-000001?" in url


def test_a_job_is_looked_at_until_it_has_ended(vertex, cloud, submitter_of):
    submitter = submitter_of()
    assert submitter.look(run_of(1, NOW)) is None
    assert submitter.submit(run_of(1, NOW)).state == "running"
    submitter.cancel(run_of(1, NOW))
    ended = submitter.look(run_of(1, NOW))
    assert (ended.state, ended.message) == ("failed", "The job was cancelled.")
    submitter.cancel(run_of(1, NOW))
    submitter.cancel(run_of(2, NOW))


def test_vertex_is_asked_whether_it_answers_and_starts_nothing(cloud, vertex, submitter_of):
    submitter_of().must_answer()
    parent = f"projects/{cloud.project}/locations/europe-west4"
    assert list(vertex.jobs.list_pipeline_jobs(parent=parent)) == []
    with pytest.raises(RetryableError):
        submitter_of(pipeline_endpoint="http://127.0.0.1:1").must_answer()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("templates/pipeline.json", "wrong-template"),
        (f"templates/{'0' * 64}.json", "wrong-template"),
    ],
)
def test_only_the_pipeline_that_was_deployed_is_submitted(submitter_of, name, code):
    with pytest.raises(PermanentError) as refusal:
        submitter_of(name).submit(run_of(1, NOW))
    assert refusal.value.code == code


def test_a_pipeline_that_is_gone_is_named(cloud, submitter_of):
    submitter = submitter_of()
    for blob in cloud.storage.list_blobs(cloud.results):
        blob.delete()
    with pytest.raises(PermanentError, match="not where it should be"):
        submitter.submit(run_of(1, NOW))


def test_what_vertex_refuses_comes_back_with_its_reason(monkeypatch, submitter_of):
    name = f"templates/{hashlib.sha256(b'{}').hexdigest()}.json"
    monkeypatch.setattr("tests.discai.cloud.test_vertex.TEMPLATE", b"{}")
    with pytest.raises(PermanentError, match=r"Vertex AI refused the run: .*pipelineSpec") as no:
        submitter_of(name).submit(run_of(1, NOW))
    assert no.value.code == "pipeline-refused"


def test_a_vertex_that_does_not_answer_is_tried_again(submitter_of):
    submitter = submitter_of(pipeline_endpoint="http://127.0.0.1:1")
    with pytest.raises(RetryableError):
        submitter.submit(run_of(1, NOW))
