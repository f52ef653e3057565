"""Firestore documents over REST, as the emulator's owner: light enough for the launcher."""

from typing import Any
from urllib.parse import quote

import httpx

OWNER = {"authorization": "Bearer owner"}  # the emulator's administrator: rules don't apply


class Documents:
    """The documents of one project."""

    def __init__(self, client: httpx.AsyncClient, emulator_url: str, project: str) -> None:
        self._client = client
        self._root = f"{emulator_url}/v1/projects/{project}/databases/(default)/documents"

    async def get(self, path: str) -> dict[str, Any] | None:
        """A document's fields, None if there is no such document."""
        answer = await self._client.get(f"{self._root}/{quote(path)}", headers=OWNER)
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        return {key: python(value) for key, value in answer.json().get("fields", {}).items()}

    async def set_texts(self, path: str, fields: dict[str, str]) -> None:
        """Create or replace a document that has only texts."""
        body = {"fields": {key: {"stringValue": value} for key, value in fields.items()}}
        url = f"{self._root}/{quote(path)}"
        (await self._client.patch(url, json=body, headers=OWNER)).raise_for_status()

    async def clear(self, path: str, field: str) -> None:
        """Set one field of a document to null; the others stay as they are."""
        (
            await self._client.patch(
                f"{self._root}/{quote(path)}",
                params={"updateMask.fieldPaths": field, "currentDocument.exists": "true"},
                json={"fields": {field: {"nullValue": None}}},
                headers=OWNER,
            )
        ).raise_for_status()


def python(value: dict[str, Any]) -> Any:
    """A typed REST value as a plain one; timestamps stay texts."""
    ((kind, inner),) = value.items()
    match kind:
        case "mapValue":
            return {key: python(item) for key, item in inner.get("fields", {}).items()}
        case "arrayValue":
            return [python(item) for item in inner.get("values", [])]
        case "integerValue":
            return int(inner)
        case _:
            return inner
