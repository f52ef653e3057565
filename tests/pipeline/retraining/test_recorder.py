"""What a run's record says while its steps run, fail, come again or come late."""

import pytest

from discai.cloud import paths
from discai.cloud.production import ProductionRepository
from discai.cloud.retraining import RetrainingRepository
from discai.errors import PermanentError
from discai.records.record import Failure
from pipeline.retraining import steps
from pipeline.retraining.recorder import RunRecorder
from tests.support.ports import free_port
from tests.support.records import evaluated_run, model_of
from tests.support.vertex import PARENT, upload

RUN = evaluated_run(1)


@pytest.fixture
def production(cloud) -> ProductionRepository:
    """At the model `old`, which run 1 has beaten."""
    production = ProductionRepository(cloud.database)
    assert RUN.model_version
    for version in ("old", RUN.model_version):
        production.register(model_of(version))
    production.move("old", "sha256:old", by="start", reason="First.")
    cloud.firestore.document(paths.run(1)).set(RUN.to_document())
    return production


@pytest.fixture
def runs(cloud, production) -> RetrainingRepository:
    return RetrainingRepository(cloud.database, threshold=1)


@pytest.fixture
def recorder(cloud, production) -> RunRecorder:
    return RunRecorder(cloud.database, RUN.name)


@pytest.fixture
def promote(cloud, runs):
    """The step that promotes, with a model registry that does not answer unless a port is given."""

    def promote(port: int | None = None) -> None:
        settings = {
            "google_cloud_project": cloud.project,
            "pipeline_template": "gs://p/t.json",
            "pipeline_region": "europe-west4",
            "results_bucket": cloud.results,
            "models_bucket": "m",
            "pipeline_bucket": "p",
            "pipeline_endpoint": f"http://127.0.0.1:{port or free_port()}",
        }
        steps.promote(settings, RUN.name, f"{PARENT}/models/discai@2")

    return promote


def fail(recorder: RunRecorder, name, message: str) -> None:
    with pytest.raises(RuntimeError), recorder.step(name):
        raise RuntimeError(message)


def test_a_model_that_serves_was_promoted_though_the_registry_does_not_answer(
    production, runs, recorder, promote
):
    promote()
    assert production.pointer().model_version == RUN.model_version
    recorder.close(succeeded=True, message="")
    run = runs.run(1)
    assert (run.state, run.decision) == ("succeeded", "promoted")
    assert run.reason.startswith(f"Promoted. {RUN.reason}")
    assert "alias" in run.reason


def test_an_alias_that_moves_when_it_is_tried_again_is_no_longer_said_to_be_stale(
    vertex, runs, promote
):
    old = upload(vertex)
    upload(vertex, parent_model=old.model)
    for port in (None, None, vertex.port):
        promote(port)
        assert runs.run(1).reason.count("alias") == (port is None)
    assert vertex.models.get_model(name=f"{old.model}@production").version_id == "2"
    assert runs.run(1).reason == f"Promoted. {RUN.reason}"


def test_a_promotion_that_was_rolled_back_leaves_the_alias_alone_when_tried_again(
    vertex, production, runs, promote
):
    old = upload(vertex)
    upload(vertex, parent_model=old.model)
    vertex.models.merge_version_aliases(name=f"{old.model}@1", version_aliases=["production"])
    promote()
    production.roll_back("old", by="admin@example.org")
    promote(vertex.port)
    assert vertex.models.get_model(name=f"{old.model}@production").version_id == "1"
    assert production.pointer().model_version == "old"
    assert runs.run(1).decision == "promoted"


def test_a_run_that_was_closed_meanwhile_promotes_nothing_and_stays_as_it_is(
    production, runs, promote
):
    runs.close(1, Failure(code="timed-out", message="Too long."))
    closed = runs.run(1)
    with pytest.raises(PermanentError) as refusal:
        promote()
    assert refusal.value.code == "run-ended"
    assert production.pointer().model_version == "old"
    assert runs.run(1) == closed


def test_a_step_that_fails_late_changes_nothing_of_a_run_that_has_ended(runs, recorder):
    def train() -> None:
        with recorder.step("train"):
            runs.close(1, Failure(code="timed-out", message="Too long."))
            raise RuntimeError("killed")

    with pytest.raises(PermanentError):
        train()
    assert runs.run(1).error.code == "timed-out"


def test_a_run_that_had_decided_has_succeeded_though_its_pipeline_failed(runs, recorder, promote):
    promote()
    fail(recorder, "promote", "The machine was taken away.")
    recorder.close(succeeded=False, message="Task promote failed.")
    assert (runs.run(1).state, runs.run(1).error) == ("succeeded", None)


def test_a_failure_that_the_next_try_has_mended_is_not_what_the_run_failed_of(runs, recorder):
    fail(recorder, "prepare", "passing")
    assert "passing" in runs.run(1).error.message
    with recorder.step("prepare"):
        pass
    recorder.close(succeeded=False, message="Task train ran out of memory.")
    assert runs.run(1).error == Failure(
        code="pipeline-failed", message="Task train ran out of memory."
    )


def test_a_pipeline_that_gives_no_reason_still_fails_in_words(runs, recorder):
    recorder.close(succeeded=False, message="")
    assert runs.run(1).error.message == "The pipeline failed."


def test_a_job_of_a_run_that_was_lost_with_the_database_writes_into_no_other(cloud, runs):
    before = runs.run(1)
    lost = RunRecorder(cloud.database, f"{RUN.name}-0a1b2c3d")
    for write in (lambda: lost.skip("tune"), lambda: lost.close(True, "")):
        with pytest.raises(PermanentError) as refusal:
            write()
        assert refusal.value.code == "other-run"
    assert runs.run(1) == before
