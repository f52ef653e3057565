"""Firestore as a browser reaches it: over REST, as one person, under the rules."""

import math
import uuid
from typing import Any

import requests

from discai.cloud import paths

SERVER_TIME = object()


def value(plain: object) -> dict[str, Any]:
    """Firestore's REST form of a value."""
    match plain:
        case bool():
            return {"booleanValue": plain}
        case int():
            return {"integerValue": str(plain)}
        case float() if math.isnan(plain):
            return {"doubleValue": "NaN"}
        case float() if math.isinf(plain):
            return {"doubleValue": "Infinity"}
        case float():
            return {"doubleValue": plain}
        case str():
            return {"stringValue": plain}
        case dict():
            return {"mapValue": {"fields": {key: value(item) for key, item in plain.items()}}}
        case list():
            return {"arrayValue": {"values": [value(item) for item in plain]}}
    return {"nullValue": None}


class Browser:
    """One person's writes, as the web app's SDK makes them."""

    def __init__(self, address: str, project: str, token: str | None) -> None:
        self.database = f"projects/{project}/databases/(default)"
        self.url = f"http://{address}/v1/{self.database}/documents"
        self.headers = {"authorization": f"Bearer {token}"} if token else {}

    def may_write(self, *writes: dict[str, Any]) -> bool:
        """Whether all writes go through together; any answer but yes or no is an error."""
        body = {"writes": list(writes)}
        answer = requests.post(f"{self.url}:commit", json=body, headers=self.headers, timeout=60)
        assert answer.status_code in (200, 403), answer.text
        assert "maximum of" not in answer.text  # refused for what it is, not for its length
        return bool(answer.status_code == 200)

    def label(
        self,
        fields: dict[str, Any],
        *,
        scan: str = "s1",
        label: str | None = None,
        created: object = SERVER_TIME,
    ) -> dict[str, Any]:
        """The write that creates a label."""
        path = paths.label(scan, label or uuid.uuid4().hex)
        return self._creation(path, fields, created)

    def annotation(
        self,
        fields: dict[str, Any],
        *,
        scan: str = "s1",
        document: str | None = None,
        created: object = SERVER_TIME,
    ) -> dict[str, Any]:
        """The write that creates an annotation."""
        path = paths.annotation(scan, document or uuid.uuid4().hex)
        return self._creation(path, fields, created)

    def _creation(self, path: str, fields: dict[str, Any], created: object) -> dict[str, Any]:
        stored = {key: value(item) for key, item in fields.items()}
        write: dict[str, Any] = {"currentDocument": {"exists": False}}
        if created is SERVER_TIME:
            now = {"fieldPath": "createdAt", "setToServerValue": "REQUEST_TIME"}
            write["updateTransforms"] = [now]
        elif isinstance(created, dict):
            stored["createdAt"] = created
        name = f"{self.database}/documents/{path}"
        return write | {"update": {"name": name, "fields": stored}}

    def may_save(self, fields: dict[str, Any], **where: Any) -> bool:
        """Whether one label may be created."""
        return self.may_write(self.label(fields, **where))
