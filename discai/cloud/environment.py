"""Reads a deployable's frozen settings object from the environment."""

import dataclasses
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


def _parsed(variable: str, text: str, kind: object) -> object:
    if kind not in (int, float):
        return text
    try:
        return int(text) if kind is int else float(text)
    except ValueError:
        raise PermanentError(
            "settings", f"{variable} must be a number, and it is {text!r}."
        ) from None
