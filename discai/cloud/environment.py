"""Reads a deployable's frozen settings object from the environment."""

import dataclasses
import inspect
import re
from collections.abc import Mapping
from typing import TypeVar, get_type_hints

from discai.errors import PermanentError

Settings = TypeVar("Settings")


def settings_from(environment: Mapping[str, str], kind: type[Settings]) -> Settings:
    """`kind`, a dataclass whose field `uploads_bucket` is the variable `UPLOADS_BUCKET`, and so on.

    An empty variable counts as unset. Raises `PermanentError` naming each variable that has no
    default and is missing, or that is not the number it should be.
    """
    values: dict[str, object] = {}
    missing: list[str] = []
    types = get_type_hints(kind)
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        variable = field.name.upper()
        text = environment.get(variable, "")
        if text:
            values[field.name] = _parsed(variable, text, types[field.name])
        elif field.default is dataclasses.MISSING:
            missing.append(variable)
    if missing:
        raise PermanentError(
            "settings", f"Set {', '.join(missing)} in the environment: it can't start without."
        )
    return kind(**values)


@dataclasses.dataclass(frozen=True)
class Variable:
    """One environment variable of a settings class; `default` is None where it must be set."""

    name: str
    default: str | None
    meaning: str


def variables_of(kind: type) -> list[Variable]:
    """The variables that a settings class reads, with what its docstring says of each."""
    text = inspect.cleandoc(kind.__doc__ or "").partition("Attributes:\n")[2]
    meanings = {
        name: " ".join(meaning.split())
        for name, meaning in re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", text, re.MULTILINE)
    }
    return [
        Variable(
            name=field.name.upper(),
            default=None if field.default is dataclasses.MISSING else str(field.default),
            meaning=meanings[field.name],
        )
        for field in dataclasses.fields(kind)
    ]


def _parsed(variable: str, text: str, kind: object) -> object:
    if kind not in (int, float):
        return text
    try:
        return int(text) if kind is int else float(text)
    except ValueError:
        raise PermanentError(
            "settings", f"{variable} must be a number, and it is {text!r}."
        ) from None
