"""A setting of retraining is written down once: all else is made of its field."""

import argparse
import runpy
from typing import Any

import pytest
from pydantic import Field

from discai.cloud.environment import own_fields
from discai.cloud.retraining_settings import RetrainingSettings
from discai.errors import PermanentError
from functions.settings import Settings as FunctionSettings
from pipeline.commands.options import add_options, option, settings_of
from tests.support.checkout import ROOT


class NewSettings(RetrainingSettings):
    """With a setting that was added a moment ago."""

    patience: int = Field(default=7, description="Epochs without progress, 5 % of all at most.")


def other_than(default: Any) -> Any:
    """A value that nobody takes for the default."""
    return default + 1 if isinstance(default, int | float) else "another"


#: A value for each field, none of them its default.
VALUES = {name: other_than(field.default) for name, field in own_fields(NewSettings).items()}


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch):
    """An environment that sets nothing."""
    for name in own_fields(FunctionSettings) | own_fields(NewSettings):
        monkeypatch.delenv(name.upper(), raising=False)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser()
    add_options(made, NewSettings)
    return made


def parsed(*arguments: str) -> NewSettings:
    return settings_of(parser().parse_args(arguments), NewSettings)


def test_every_field_is_an_option():
    assert parsed(*(f"{option(name)}={value}" for name, value in VALUES.items())) == NewSettings(
        **VALUES
    )


def test_help_and_page_show_every_fields_description():
    help_text = " ".join(parser().format_help().split())
    table = runpy.run_path(str(ROOT / "docs" / "settings.py"))["table"](NewSettings)
    for name, field in own_fields(NewSettings).items():
        assert f"{option(name)} " in help_text
        assert f"`{name.upper()}`" in table
        assert field.description
        assert field.description in help_text
        assert field.description in table


def test_the_environment_says_what_no_option_does(monkeypatch):
    for name, value in VALUES.items():
        monkeypatch.setenv(name.upper(), str(value))
    assert parsed() == NewSettings(**VALUES)
    assert parsed("--patience=1", "--tensorboard=") == NewSettings(
        **VALUES | {"patience": 1, "tensorboard": ""}
    )


def test_every_field_goes_from_the_functions_environment_into_a_steps_hands(monkeypatch):
    expected = RetrainingSettings(**{name: VALUES[name] for name in own_fields(RetrainingSettings)})
    for name, value in {**VALUES, "uploads_bucket": "u", "inference_topic": "t"}.items():
        monkeypatch.setenv(name.upper(), str(value))
    monkeypatch.setenv("WEB_ORIGIN", "http://web.test")
    settings = FunctionSettings.read().retraining
    monkeypatch.setenv("TUNING_TRIALS", "77")  # of the machine that a step runs on
    assert settings == expected
    assert RetrainingSettings.model_validate(settings.model_dump(mode="json")) == expected


def test_whatever_is_missing_or_wrong_gets_a_line_with_its_option():
    required = (
        f"{option(name)}=x" for name, each in own_fields(NewSettings).items() if each.is_required()
    )
    with pytest.raises(PermanentError) as refusal:
        parsed(*required, "--pipeline-bucket=", "--tuning-trials=many", "--calibration-repeats=0")
    assert refusal.value.message.splitlines() == [
        "Set --pipeline-bucket.",
        "--tuning-trials must be a number, and it is 'many'.",
        "--calibration-repeats must be greater than or equal to 1, and it is '0'.",
    ]
