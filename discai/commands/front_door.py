"""The deployed cloud as a reviewer meets it: signing in, the api, CORS, signed URLs, rules, labels.

Each check raises `PermanentError` with one sentence, which names the part that is broken.
"""

import base64
import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

import requests
from pydantic import Field

from discai.cloud import paths
from discai.commands.upload import UploadSettings
from discai.errors import PermanentError
from discai.records.api import ArtifactUrls, UploadOrder, UploadSession
from discai.records.scans import Label, LabelledBox, Prediction

_TIMEOUT_SECONDS: Final = 60.0
_PNG: Final = b"\x89PNG"


class FrontDoorSettings(UploadSettings):
    """The doors of a deployment, and the reviewer who comes in."""

    google_cloud_project: str = Field(min_length=1, description="Id of the Google Cloud project.")
    web_origin: str = Field(min_length=1, description="Origin of the web app's pages.")
    firestore_emulator_host: str = Field(
        default="", description="Host and port of Firestore's emulator; empty for Firestore itself."
    )


class FrontDoor:
    """One reviewer who is signed in, and whatever a stranger tries beside."""

    def __init__(self, settings: FrontDoorSettings, token: str) -> None:
        self._settings = settings
        self._token = token
        host = settings.firestore_emulator_host
        root = f"http://{host}" if host else "https://firestore.googleapis.com"
        project = settings.google_cloud_project
        self._database = f"projects/{project}/databases/(default)/documents"
        self._firestore = f"{root}/v1/{self._database}"

    def check_api(self) -> None:
        """The api lets this reviewer in and nobody else, and a page may upload to the bucket."""
        order = UploadOrder(file_name="a.mha", size=1, content_type="application/octet-stream")
        url, body = f"{self._settings.api_url}/uploads", order.model_dump(by_alias=True)
        stranger = _answer("POST", url, json=body)
        if stranger.status_code != HTTPStatus.UNAUTHORIZED:
            raise _wrong("api", "The api answers a stranger", stranger)
        answer = _answer("POST", url, json=body, headers=self._authorization)
        if answer.status_code != HTTPStatus.CREATED:
            raise _wrong("api", "The api refuses a reviewer", answer)
        session = UploadSession.model_validate_json(answer.content)
        asked = {"Access-Control-Request-Method": "PUT"}
        preflight = _answer("OPTIONS", session.upload_url, headers=self._page | asked)
        self._must_be_for_pages("cors", "Pages may not upload to the bucket", preflight)

    def check_artifacts(self, scan_id: str, prediction: Prediction) -> None:
        """A page gets a slice out of the file of all pictures, by a URL that the api signs."""
        path = f"scans/{scan_id}/predictions/{prediction.model_version}/artifacts"
        answer = _answer("GET", f"{self._settings.api_url}/{path}", headers=self._authorization)
        if answer.status_code != HTTPStatus.OK:
            raise _wrong("signing", "The api signs no URLs", answer)
        urls, places = ArtifactUrls.model_validate_json(answer.content), prediction.picture_bytes
        if urls.pictures is None or places is None:
            raise PermanentError("signing", "The worker stored no file of all pictures.")
        key = 2 * prediction.key_slice  # masks lie between slices
        start, size = places.starts[key], places.sizes[key]
        part = {"Range": f"bytes={start}-{start + size - 1}"}
        picture = _answer("GET", urls.pictures, headers=self._page | part)
        is_part = picture.status_code == HTTPStatus.PARTIAL_CONTENT
        if not is_part or not picture.content.startswith(_PNG):
            raise _wrong("signing", "A signed URL opens no picture", picture)
        self._must_be_for_pages("cors", "Pages may not read results", picture)

    def check_rules(self, scan_id: str) -> None:
        """Firestore's rules let a reviewer read, a stranger not, and neither change a scan."""
        url = f"{self._firestore}/{paths.scan(scan_id)}"
        mine = _answer("GET", url, headers=self._authorization)
        if mine.status_code != HTTPStatus.OK:
            raise _wrong("rules", "Firestore's rules keep a reviewer out", mine)
        theirs = _answer("GET", url)
        if theirs.status_code != HTTPStatus.FORBIDDEN:
            raise _wrong("rules", "Firestore's rules let a stranger read", theirs)
        change = {"fields": {"status": {"stringValue": "queued"}}}
        mask = {"updateMask.fieldPaths": "status"}
        changed = _answer("PATCH", url, json=change, params=mask, headers=self._authorization)
        if changed.status_code != HTTPStatus.FORBIDDEN:
            raise _wrong("rules", "Firestore's rules let a reviewer change a scan", changed)

    def save_label(self, scan_id: str, prediction: Prediction, now: datetime) -> None:
        """Saves a correction as the page does: through the rules, at the server's time."""
        claims = _claims(self._token)
        boxes = [
            LabelledBox(
                **disc.box.model_dump(),
                level=disc.level,
                herniation=disc.herniation >= prediction.herniation_threshold,
                judged="confirmed",
            )
            for disc in prediction.discs
        ]
        label = Label(
            kind="correction",
            slices={str(prediction.key_slice): boxes},
            author=claims["sub"],
            author_email=claims["email"],
            created_at=now,
            model_version=prediction.model_version,
        )
        fields = label.to_document()
        del fields["createdAt"]  # the server's
        name = f"{self._database}/{paths.label(scan_id, uuid.uuid4().hex)}"
        time = {"fieldPath": "createdAt", "setToServerValue": "REQUEST_TIME"}
        write = {
            "update": {"name": name, "fields": _typed(fields)["mapValue"]["fields"]},
            "updateTransforms": [time],
            "currentDocument": {"exists": False},
        }
        answer = _answer(
            "POST",
            f"{self._firestore}:commit",
            json={"writes": [write]},
            headers=self._authorization,
        )
        if answer.status_code != HTTPStatus.OK:
            raise _wrong("label", "A reviewer's label is refused", answer)

    @property
    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    @property
    def _page(self) -> dict[str, str]:
        return {"Origin": self._settings.web_origin}

    def _must_be_for_pages(self, code: str, what: str, answer: requests.Response) -> None:
        if answer.headers.get("Access-Control-Allow-Origin") != self._settings.web_origin:
            raise PermanentError(code, f"{what}: no CORS rule names {self._settings.web_origin}.")


def _answer(method: str, url: str, **options: Any) -> requests.Response:
    try:
        return requests.request(method, url, timeout=_TIMEOUT_SECONDS, **options)
    except requests.RequestException as error:
        host = url.split("/")[2]
        raise PermanentError("no-answer", f"{host} can't be reached.") from error


def _wrong(code: str, what: str, answer: requests.Response) -> PermanentError:
    return PermanentError(code, f"{what}: it answers {answer.status_code}.")


def _claims(token: str) -> dict[str, Any]:
    """Claims of an ID token, which the api and the rules check; here they are only read."""
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


def _typed(value: Any) -> dict[str, Any]:
    """A value as Firestore's REST API takes it."""
    match value:
        case bool():
            return {"booleanValue": value}
        case int():
            return {"integerValue": str(value)}
        case float():
            return {"doubleValue": value}
        case str():
            return {"stringValue": value}
        case Mapping():
            return {"mapValue": {"fields": {key: _typed(each) for key, each in value.items()}}}
        case _:
            return {"arrayValue": {"values": [_typed(each) for each in value]}}
