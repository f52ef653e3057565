"""Settings from the environment, and the sentence when something is missing or wrong."""

import pytest
from pydantic import Field, ValidationError

from discai.cloud.environment import EnvironmentSettings
from discai.errors import PermanentError


class Settings(EnvironmentSettings):
    uploads_bucket: str
    web_origin: str
    port: int = 8080
    lease_seconds: float = Field(default=120.0, ge=1)


@pytest.fixture
def read(monkeypatch):
    """Reads the settings where the environment sets nothing but these variables."""

    def read(**variables: str) -> Settings:
        for name in Settings.model_fields:
            monkeypatch.delenv(name.upper(), raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return Settings.read()

    return read


def test_variables_become_fields_of_their_type(read):
    settings = read(UPLOADS_BUCKET="u", WEB_ORIGIN="http://w", PORT="9", OTHER="x")
    assert settings == Settings(uploads_bucket="u", web_origin="http://w", port=9)


def test_every_missing_variable_is_named_in_one_sentence(read):
    with pytest.raises(PermanentError, match="Set UPLOADS_BUCKET, WEB_ORIGIN in the environment"):
        read(UPLOADS_BUCKET="")


def test_an_empty_variable_leaves_the_default(read):
    assert read(UPLOADS_BUCKET="u", WEB_ORIGIN="w", LEASE_SECONDS="").lease_seconds == 120


def test_a_number_that_is_none_is_named(read):
    with pytest.raises(PermanentError, match="LEASE_SECONDS must be a number"):
        read(UPLOADS_BUCKET="u", WEB_ORIGIN="w", LEASE_SECONDS="x")


def test_whatever_is_missing_or_wrong_is_said_at_once(read):
    with pytest.raises(PermanentError) as refusal:
        read(UPLOADS_BUCKET="u", PORT="1.5", LEASE_SECONDS="0")
    assert refusal.value.message == (
        "Set WEB_ORIGIN in the environment: it can't start without. "
        "PORT must be a number, and it is '1.5'. "
        "LEASE_SECONDS must be greater than or equal to 1, and it is '0'."
    )


def test_settings_are_frozen(read):
    settings = read(UPLOADS_BUCKET="u", WEB_ORIGIN="w")
    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 9


def test_settings_that_are_made_of_values_look_nowhere_else(read):
    read(UPLOADS_BUCKET="u", WEB_ORIGIN="w", PORT="9")
    assert Settings.model_validate({"uploads_bucket": "u", "web_origin": "w"}).port == 8080
    with pytest.raises(ValidationError, match="web_origin"):
        Settings(uploads_bucket="u")
