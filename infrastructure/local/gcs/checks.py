"""Checks of what a request says, before anything is done: names, numbers and bodies of JSON."""

import json
from collections.abc import Mapping
from typing import Any

from infrastructure.local.gcs.errors import invalid
from infrastructure.local.gcs.preconditions import number


def parsed(body: bytes) -> dict[str, Any]:
    """The object that a body of JSON is, an empty one without a body; raises 400 if it is none."""
    try:
        value = json.loads(body or b"{}")
        json.dumps(value, ensure_ascii=False).encode()  # halves of surrogate pairs can't be stored
    except (ValueError, RecursionError) as error:
        raise invalid("The body is no JSON that can be read.") from error
    if not isinstance(value, dict):
        raise invalid("The body is no object of JSON.")
    return value


def named(name: object) -> str:
    """The object's name; raises 400 where Cloud Storage refuses it."""
    if not isinstance(name, str) or name in ("", ".", ".."):
        raise invalid("An object needs a name, and not `.` or `..`.")
    if len(name.encode(errors="replace")) > 1024 or any(each in name for each in "\r\n"):
        raise invalid("An object needs a name of 1 to 1024 bytes without line breaks.")
    return name


def whole(value: object) -> int | None:
    """A generation in a body: a text, as JSON has no numbers so large, or a number."""
    return None if value is None else number(str(value))


def without_checksums(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties but for the checksums, which another object's resource has brought along."""
    return {key: properties[key] for key in properties.keys() - {"md5Hash", "crc32c"}}
