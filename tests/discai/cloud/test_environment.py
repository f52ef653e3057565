"""Settings from the environment, and the sentence when something is missing."""

from dataclasses import dataclass

import pytest

from discai.cloud.environment import settings_from
from discai.errors import PermanentError


@dataclass(frozen=True)
class Settings:
    uploads_bucket: str
    web_origin: str
    port: int = 8080
    lease_seconds: float = 120.0


def test_variables_become_fields_of_their_type():
    settings = settings_from(
        {"UPLOADS_BUCKET": "u", "WEB_ORIGIN": "http://w", "PORT": "9", "OTHER": "x"}, Settings
    )
    assert settings == Settings("u", "http://w", port=9)


def test_every_missing_variable_is_named_in_one_sentence():
    with pytest.raises(PermanentError, match="Set UPLOADS_BUCKET, WEB_ORIGIN in the environment"):
        settings_from({"UPLOADS_BUCKET": ""}, Settings)


def test_a_number_that_is_none_is_named():
    with pytest.raises(PermanentError, match="LEASE_SECONDS must be a number"):
        settings_from({"UPLOADS_BUCKET": "u", "WEB_ORIGIN": "w", "LEASE_SECONDS": "x"}, Settings)
