"""What the functions refuse to start with, and when they can retrain."""

import pytest

from discai.cloud.environment import own_fields
from discai.cloud.retraining_settings import RetrainingSettings
from discai.errors import PermanentError
from functions.settings import Settings

VARIABLES = {
    "GOOGLE_CLOUD_PROJECT": "p",
    "UPLOADS_BUCKET": "p-uploads",
    "RESULTS_BUCKET": "p-results",
    "INFERENCE_TOPIC": "inference-requests",
    "WEB_ORIGIN": "http://web.test",
}
PIPELINE = {
    "PIPELINE_TEMPLATE": "gs://b/t.json",
    "PIPELINE_REGION": "europe-west4",
    "PIPELINE_BUCKET": "p-pipeline",
    "MODELS_BUCKET": "p-models",
}


@pytest.fixture
def read(monkeypatch):
    """Reads the settings where the environment sets nothing but these variables."""

    def read(variables: dict[str, str]) -> Settings:
        for name in own_fields(Settings) | own_fields(RetrainingSettings):
            monkeypatch.delenv(name.upper(), raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return Settings.read()

    return read


def test_the_sentence_names_every_missing_variable(read):
    with pytest.raises(PermanentError, match="UPLOADS_BUCKET, WEB_ORIGIN"):
        read(VARIABLES | {"UPLOADS_BUCKET": "", "WEB_ORIGIN": ""})


def test_a_template_without_the_rest_stops_the_functions_at_once(read):
    variables = VARIABLES | {"PIPELINE_TEMPLATE": "gs://b/t.json"}
    with pytest.raises(PermanentError, match="PIPELINE_REGION, PIPELINE_BUCKET, MODELS_BUCKET"):
        read(variables)


def test_what_is_missing_for_retraining_is_named_with_the_rest(read):
    variables = VARIABLES | PIPELINE | {"UPLOADS_BUCKET": "", "MODELS_BUCKET": ""}
    with pytest.raises(PermanentError, match="Set UPLOADS_BUCKET, MODELS_BUCKET in the environ"):
        read(variables | {"GOOGLE_CLOUD_PROJECT": "p"})


def test_without_a_template_nothing_of_retraining_is_needed_or_read(read):
    assert read(VARIABLES | {"MODELS_BUCKET": "p-models", "TUNING_TRIALS": "x"}).retraining is None


def test_with_a_template_retraining_has_its_settings_from_variables_of_their_names(read):
    retraining = read(VARIABLES | PIPELINE | {"TUNING_TRIALS": "2"}).retraining
    assert retraining == RetrainingSettings(
        google_cloud_project="p",
        results_bucket="p-results",
        pipeline_template="gs://b/t.json",
        pipeline_region="europe-west4",
        pipeline_bucket="p-pipeline",
        models_bucket="p-models",
        tuning_trials=2,
    )
