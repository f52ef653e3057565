"""Starting a run by hand: what is wrong is said at once, most of it before there is a run."""

import hashlib
from pathlib import Path

import pytest
from google.cloud import firestore

from discai.cloud import paths
from discai.cloud.production import ProductionRepository
from discai.cloud.retraining import RetrainingRepository
from discai.errors import PermanentError
from pipeline.commands.run_pipeline import FAILED, WRONG, main, submit
from tests.support.fakes import FakeSubmitter

#: Has the digest that its name says, but is no pipeline.
TEMPLATE = b"{}"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """A folder in which no local cloud runs, and an environment that names none."""
    monkeypatch.chdir(tmp_path)
    for name in ("PIPELINE_TEMPLATE", "PIPELINE_BUCKET", "MODELS_BUCKET", "EVALUATION_SET"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_local_cloud_it_says_how_to_start_one(capsys):
    assert main(["--local", "--check"]) == WRONG
    assert "make up" in capsys.readouterr().err


def test_settings_that_are_missing_are_named(capsys):
    assert main(["--check", "--google-cloud-project", "p"]) == WRONG
    told = capsys.readouterr().err
    assert "Set --pipeline-bucket." in told
    assert "Set --evaluation-set." in told


def test_a_local_cloud_is_found_by_its_file_and_nothing_is_submitted_to_a_wrong_one(
    cloud, capsys, monkeypatch
):
    variables = {
        "GOOGLE_CLOUD_PROJECT": cloud.project,
        "PIPELINE_REGION": "europe-west4",
        "PIPELINE_TEMPLATE": f"gs://{cloud.project}-pipeline/templates/0123.json",
        "RESULTS_BUCKET": cloud.results,
        "MODELS_BUCKET": f"{cloud.project}-models",
        "PIPELINE_BUCKET": f"{cloud.project}-pipeline",
        "EVALUATION_SET": f"gs://{cloud.project}-pipeline/evaluation/0123/",
    }
    for name in variables:
        monkeypatch.setenv(name, "")  # so that they are as before after the test
    Path(".local").mkdir()
    Path(".local/env").write_text("".join(f"{k}='{v}'\n" for k, v in variables.items()))
    assert main(["--local"]) == WRONG
    told = capsys.readouterr().err
    assert f"There is no bucket {cloud.project}-models" in told
    assert "The compiled pipeline is not where it should be." in told
    assert "python -m pipeline.data.original uploads it" in told
    assert "python -m pipeline.commands.seed" in told
    assert not list(firestore.Client(cloud.project).collection(paths.RUNS).stream())


@pytest.fixture
def options(cloud) -> list[str]:
    """Of a cloud in which a run could start, as far as the checks can tell."""
    pipeline = f"{cloud.project}-pipeline"
    bucket = cloud.storage.create_bucket(pipeline)
    name = f"templates/{hashlib.sha256(TEMPLATE).hexdigest()}.json"
    bucket.blob(name).upload_from_string(TEMPLATE)
    bucket.blob("evaluation/1/spider/midslices.json").upload_from_string("{}")
    ProductionRepository(cloud.database).move("first", "0" * 64, by="test", reason="The first.")
    values = {
        "google-cloud-project": cloud.project,
        "pipeline-region": "europe-west4",
        "pipeline-template": f"gs://{pipeline}/{name}",
        "results-bucket": cloud.results,
        "models-bucket": pipeline,
        "pipeline-bucket": pipeline,
        "evaluation-set": f"gs://{pipeline}/evaluation/1/",
    }
    return [f"--{name}={value}" for name, value in values.items()]


def test_a_run_that_vertex_refuses_fails_at_once_with_its_reason(cloud, vertex, options, capsys):
    options.append(f"--pipeline-endpoint=http://127.0.0.1:{vertex.port}")
    assert [main(options), main(options)] == [FAILED, FAILED]
    told = capsys.readouterr().err.splitlines()
    runs = RetrainingRepository(cloud.database, threshold=1)
    for epoch, line in zip((1, 2), told, strict=True):
        assert line.startswith("Vertex AI refused the run: ")
        run = runs.run(epoch)
        assert (run.state, run.lease, run.error.message) == ("failed", None, line)
    control = runs.count()
    assert (control.epoch, control.state) == (2, "collecting"), "labels start runs as before"


def test_who_only_checks_hears_of_a_vertex_that_does_not_answer(cloud, vertex, options, capsys):
    silent = "--pipeline-endpoint=http://127.0.0.1:1"
    assert main([*options, silent, "--check"]) == WRONG
    assert "Vertex AI in europe-west4 can't be asked: Vertex AI does not" in capsys.readouterr().err
    assert main([*options, f"--pipeline-endpoint=http://127.0.0.1:{vertex.port}", "--check"]) == 0
    assert "A run could start." in capsys.readouterr().out
    assert RetrainingRepository(cloud.database, threshold=1).run(1) is None


def test_a_run_waits_for_a_vertex_that_does_not_answer(cloud, options, capsys):
    options.append("--pipeline-endpoint=http://127.0.0.1:1")
    assert main(options) == FAILED
    told = capsys.readouterr().err
    assert told.startswith("Run 1 could not be submitted yet: Vertex AI does not answer")
    assert "port=1" in told, "what a mistyped option can be recognised by"
    assert "with its own settings" in told
    runs = RetrainingRepository(cloud.database, threshold=1)
    assert (runs.run(1).state, runs.run(1).error) == ("submitting", None)
    cloud.end_lease(paths.run(1))
    assert runs.take_over(1)
    assert main(options) == WRONG
    assert "Run 1 is going on." in capsys.readouterr().err


def test_a_refusal_that_comes_after_another_delivery_has_submitted_the_run_is_no_failure(cloud):
    runs = RetrainingRepository(cloud.database, threshold=1)

    class SlowSubmitter(FakeSubmitter):
        """Is refused after the lease has ended and somebody else has submitted the run."""

        def submit(self, run):
            cloud.end_lease(paths.run(1))
            taken = runs.take_over(1)
            assert taken
            runs.submitted(1, FakeSubmitter().submit(taken))
            raise PermanentError("pipeline-refused", "The quota is used up.")

    told = submit(runs.start_by_hand(), runs, SlowSubmitter())
    assert "The quota is used up." in told
    assert "Run 1 has been taken over" in told
    assert runs.run(1).state == "running"
