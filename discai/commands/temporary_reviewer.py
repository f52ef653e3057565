"""A reviewer for the time of a test: an account that nobody knows the password of, and its role."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final, TypeVar

import google.auth
import google.auth.transport.requests
import requests

from discai.cloud import paths
from discai.cloud.database import Delete, Put
from discai.cloud.firestore import FirestoreDatabase
from discai.commands.front_door import FrontDoorSettings
from discai.errors import PermanentError
from discai.records.scans import Reviewer

_TIMEOUT_SECONDS: Final = 60.0
_SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"

S = TypeVar("S", bound=FrontDoorSettings)


@contextmanager
def temporary_reviewer(settings: S) -> Iterator[S]:
    """Settings with a reviewer; one is made, and removed in the end, where they name none.

    Runs as an administrator of accounts and documents. Raises `PermanentError("no-account")` if
    Identity Platform makes none.
    """
    if settings.reviewer_email:
        yield settings
        return
    accounts = _Accounts(settings)
    email, password = f"smoke-{secrets.token_hex(8)}@discai.invalid", secrets.token_hex(32)
    database = FirestoreDatabase.connect(settings.google_cloud_project)
    uid = accounts.create(email, password)
    try:
        role = Reviewer(role="reviewer").to_document()
        database.commit([Put(paths.reviewer(email), role)])
        named = {"reviewer_email": email, "reviewer_password": password}
        yield settings.model_copy(update=named)
    finally:
        database.commit([Delete(paths.reviewer(email))])
        accounts.delete(uid)


class _Accounts:
    """Accounts of a project in Identity Platform, or in its stand-in."""

    def __init__(self, settings: FrontDoorSettings) -> None:
        host, project = settings.firebase_auth_emulator_host, settings.google_cloud_project
        root = f"http://{host}" if host else "https:/"
        self._url = f"{root}/identitytoolkit.googleapis.com/v1/projects/{project}/accounts"
        self._headers = {"X-Goog-User-Project": project}
        self._http: Any = requests.Session()
        if host:
            self._headers["Authorization"] = "Bearer owner"  # what its administrator says
        else:
            credentials, _ = google.auth.default([_SCOPE])
            self._http = google.auth.transport.requests.AuthorizedSession(credentials)

    def create(self, email: str, password: str) -> str:
        """Makes an account with a verified address; returns its uid."""
        account = {"email": email, "password": password, "emailVerified": True}
        return str(self._call("", account)["localId"])

    def delete(self, uid: str) -> None:
        """Removes an account."""
        self._call(":delete", {"localId": uid})

    def _call(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._http.post(
            self._url + method, json=body, headers=self._headers, timeout=_TIMEOUT_SECONDS
        )
        if answer.status_code != HTTPStatus.OK:
            raise PermanentError(
                "no-account", f"Identity Platform answers {answer.status_code}: no account."
            )
        return dict(answer.json())
