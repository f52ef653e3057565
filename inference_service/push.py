"""Pub/Sub's push requests: who sent it, and what it asks for."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from google.auth import exceptions as auth
from google.auth import jwt
from google.auth.transport.requests import Request
from google.oauth2 import id_token

from discai.cloud.requests import AnyRequest, any_request_of
from discai.cloud.retrying import retryable
from discai.errors import PermanentError

#: What Cloud Run leaves of a signature that it has checked, so that the token can't be used again.
SIGNATURE_REMOVED: Final = "SIGNATURE_REMOVED_BY_GOOGLE"

VerifyPush = Callable[[str | None], None]
"""Takes the `Authorization` header; raises `PermanentError("not-pubsub")` for anybody else's."""


def request_of(body: bytes) -> AnyRequest:
    """The request that a push carries; raises `PermanentError("malformed-push")`."""
    try:
        data = base64.b64decode(json.loads(body)["message"]["data"], validate=True)
        return any_request_of(data)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise PermanentError(
            "malformed-push", "This is no push of an inference request."
        ) from error


class OidcVerifier:
    """Checks that Google signed a push for this service in the name of one service account.

    `verify` returns the claims of a Google-signed token for that audience, as
    `google.oauth2.id_token.verify_oauth2_token` does, which asks Google for its certificates. With
    `on_cloud_run` a token may come without its signature: Cloud Run lets nobody in whose token is
    not signed, valid and an invoker's, and removes the signature of those who are.
    """

    def __init__(
        self,
        audience: str,
        service_account: str,
        verify: Callable[..., Mapping[str, Any]] = id_token.verify_oauth2_token,
        *,
        on_cloud_run: bool = False,
    ) -> None:
        self._audience = audience
        self._service_account = service_account
        self._verify = verify
        self._transport = Request()
        self._on_cloud_run = on_cloud_run

    def __call__(self, authorization: str | None) -> None:
        """Raises `PermanentError("not-pubsub")` if the header proves no such push."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            raise PermanentError("not-pubsub", "This address takes pushes of Pub/Sub only.")
        claims = self._claims(token)
        if claims.get("email") != self._service_account or not claims.get("email_verified"):
            raise PermanentError("not-pubsub", "This push comes from another service account.")

    def _claims(self, token: str) -> Mapping[str, Any]:
        with retryable("Google's certificate service"):
            try:
                if self._on_cloud_run and token.endswith(f".{SIGNATURE_REMOVED}"):
                    return self._checked_claims(token)
                return self._verify(token, self._transport, audience=self._audience)
            except auth.TransportError:
                raise
            except (ValueError, auth.GoogleAuthError) as error:
                raise PermanentError("not-pubsub", "This push has no valid token.") from error

    def _checked_claims(self, token: str) -> Mapping[str, Any]:
        claims: Mapping[str, Any] = jwt.decode(token, verify=False)
        if claims.get("aud") != self._audience:
            raise ValueError("the token is for another service")
        return claims


def accept_every_push(authorization: str | None) -> None:
    """For one machine, where only its own processes reach the worker: emulators sign no pushes."""
