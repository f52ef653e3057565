"""A command's options for the fields of a settings class, which the environment may set as well."""

import argparse
from typing import TypeVar

from pydantic import ValidationError

from discai.cloud.environment import EnvironmentSettings, missing_in, own_fields, wrong_in
from discai.errors import PermanentError

Settings = TypeVar("Settings", bound=EnvironmentSettings)


def option(field: str) -> str:
    """The option of a field: `--pipeline-bucket` of `pipeline_bucket`."""
    return f"--{field.replace('_', '-')}"


def add_options(parser: argparse.ArgumentParser, kind: type[EnvironmentSettings]) -> None:
    """Adds an option for each field, with its description."""
    for name, field in own_fields(kind).items():
        otherwise = "" if field.is_required() or field.default == "" else f", or {field.default}"
        parser.add_argument(
            option(name),
            default=argparse.SUPPRESS,  # so that the environment is asked
            metavar=name.rpartition("_")[2].upper(),
            help=f"{field.description} (default: ${name.upper()}{otherwise})".replace("%", "%%"),
        )


def settings_of(options: argparse.Namespace, kind: type[Settings]) -> Settings:
    """The settings as the options say, and the environment where they say nothing.

    Raises `PermanentError("settings")` with a line for each that is missing or wrong.
    """
    given = {name: value for name, value in vars(options).items() if name in own_fields(kind)}
    try:
        return kind(**kind.variables() | given)
    except ValidationError as error:
        lines = [f"Set {option(name)}." for name in missing_in(error)]
        raise PermanentError("settings", "\n".join([*lines, *wrong_in(error, option)])) from None
