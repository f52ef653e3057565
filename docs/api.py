"""Writes `docs/api.md` from the api's OpenAPI document:

    uv run python docs/api.py

A test fails while the page says something else than the code.
"""

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

from functions.api.app import description

PAGE = Path(__file__).with_suffix(".md")

Schema = dict[str, Any]


def written(document: Schema) -> str:
    """Markdown: each call with what it takes, what it answers and how it refuses."""
    [server] = document["servers"]
    lines = [
        "<!-- `uv run python docs/api.py` writes this from the code. -->",
        "# The api",
        "",
        document["info"]["description"],
        "",
        f"Its paths are under `{server['url']}` of the web app's address, where "
        f"`{server['url']}/openapi.json` has this page for programs, without a token.",
    ]
    schemas = document["components"]["schemas"]
    lines += ["", "## Refusals"]
    lines += _body("Each has as its body", {"content": _json("ErrorBody")}, schemas)
    lines += _fields("Its `error`:", schemas["ApiError"])
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            lines += ["", f"## `{method.upper()} {path}`", "", call["description"]]
            lines += _taken(call, schemas)
            for status, response in call["responses"].items():
                if int(status) < HTTPStatus.BAD_REQUEST:
                    lines += _body(f"Answers {status}", response, schemas)
            lines += ["", "Refuses with", "", "| status | code |", "|---|---|"]
            lines += _refusals(call["responses"])
    return "\n".join(lines) + "\n"


def _taken(call: Schema, schemas: Schema) -> list[str]:
    return _body("Takes", call["requestBody"], schemas) if "requestBody" in call else []


def _body(title: str, holder: Schema, schemas: Schema) -> list[str]:
    name = holder["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
    about = schemas[name]["description"]
    return _fields(f"{title} `{name}`: {about[0].lower()}{about[1:]}", schemas[name])


def _fields(title: str, schema: Schema) -> list[str]:
    needed = schema.get("required", [])
    rows = [
        f"| {f'**`{name}`**' if name in needed else f'`{name}`'} | {_kind(field)} "
        f"| {field.get('description', '')} |"
        for name, field in schema["properties"].items()
    ]
    return ["", title, "", "| field | type | means |", "|---|---|---|", *rows]


def _kind(field: Schema) -> str:
    if "$ref" in field:
        return f"`{field['$ref'].rsplit('/', 1)[-1]}`"
    if "anyOf" in field:
        return " or ".join(_kind(choice) for choice in field["anyOf"])
    if field["type"] == "array":
        return f"a list of {_kind(field['items'])}s"
    return "time" if field.get("format") == "date-time" else str(field["type"])


def _refusals(responses: Schema) -> Iterator[str]:
    for status, response in responses.items():
        if int(status) >= HTTPStatus.BAD_REQUEST:
            yield f"| {status} | {response['description']} |"


def _json(name: str) -> Schema:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


if __name__ == "__main__":
    PAGE.write_text(written(description()), encoding="utf-8")
