"""Short-lived V4 signed URLs for the results bucket."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import google.auth
from google.auth.transport.requests import Request
from google.cloud import storage
from google.oauth2 import service_account

from discai.cloud.retrying import retryable

LIFETIME: Final = timedelta(minutes=15)

#: In the cloud every signature is a call to IAM's signBlob. A scan whose pictures are not one file
#: yet needs two for each slice.
_PARALLEL: Final = 16


class UrlSigner:
    """Signs with a key file, or without one as the service account that this runs as."""

    def __init__(self, client: storage.Client, key_file: Path | None) -> None:
        self._client: Any = client
        self._key: Any = (
            service_account.Credentials.from_service_account_file(str(key_file))
            if key_file
            else None
        )
        self._identity: Any = None

    def sign(self, bucket: str, names: Sequence[str]) -> list[str]:
        """A URL for each object, good for reading it for the next 15 minutes."""
        with retryable("The signing service"):
            identity = self._signing_identity()
            with ThreadPoolExecutor(_PARALLEL) as pool:
                return list(pool.map(lambda name: self._url(bucket, name, identity), names))

    def _url(self, bucket: str, name: str, identity: dict[str, Any]) -> str:
        url: str = (
            self._client.bucket(bucket)
            .blob(name)
            .generate_signed_url(version="v4", expiration=LIFETIME, method="GET", **identity)
        )
        return url

    def _signing_identity(self) -> dict[str, Any]:
        if self._key is not None:
            return {"credentials": self._key}
        if self._identity is None:
            self._identity, _ = google.auth.default(
                scopes=["https://www.googleapis.com/auth/cloud-platform"]
            )
        if not self._identity.valid:
            self._identity.refresh(Request())
        return {
            "service_account_email": self._identity.service_account_email,
            "access_token": self._identity.token,
        }
