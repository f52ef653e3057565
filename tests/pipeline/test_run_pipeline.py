"""Starting a run by hand: what is wrong is said before anything is submitted."""

from pathlib import Path

import pytest
from google.cloud import firestore

from pipeline.run_pipeline import WRONG, main


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
    assert main(["--check", "--project", "p"]) == WRONG
    told = capsys.readouterr().err
    assert "Set --pipeline-bucket." in told
    assert "Set --evaluation." in told


@pytest.mark.emulator
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
    assert "python -m pipeline.original uploads it" in told
    assert "python -m pipeline.seed" in told
    assert not list(firestore.Client(cloud.project).collection("runs").stream())
