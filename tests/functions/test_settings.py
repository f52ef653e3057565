"""What the functions refuse to start with."""

import pytest

from discai.cloud.environment import settings_from
from discai.errors import PermanentError
from functions.settings import Settings

VARIABLES = {
    "GOOGLE_CLOUD_PROJECT": "p",
    "UPLOADS_BUCKET": "p-uploads",
    "RESULTS_BUCKET": "p-results",
    "INFERENCE_TOPIC": "inference-requests",
    "WEB_ORIGIN": "http://web.test",
}


def test_the_sentence_names_every_missing_variable():
    with pytest.raises(PermanentError, match="UPLOADS_BUCKET, WEB_ORIGIN"):
        settings_from(VARIABLES | {"UPLOADS_BUCKET": "", "WEB_ORIGIN": ""}, Settings)


def test_a_template_without_the_rest_stops_the_functions_at_once():
    variables = VARIABLES | {"PIPELINE_TEMPLATE": "gs://b/t.json"}
    with pytest.raises(PermanentError, match="PIPELINE_REGION, PIPELINE_BUCKET, MODELS_BUCKET"):
        settings_from(variables, Settings)
