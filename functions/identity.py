"""Identity of a caller: checks the ID token and the reviewer's role."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import firebase_admin
from firebase_admin import auth, exceptions

from discai.cloud.reviewers import Reviewers
from discai.errors import PermanentError, RetryableError

VerifyToken = Callable[[str], Mapping[str, Any]]
"""Returns the claims of a valid ID token; raises `PermanentError("not-signed-in")` otherwise."""


@dataclass(frozen=True)
class Caller:
    """A reviewer who is signed in; `role` as in `discai.records.scans.Reviewer`."""

    email: str
    role: Literal["reviewer", "admin"] = "reviewer"


def authenticate(authorization: str | None, verify: VerifyToken, reviewers: Reviewers) -> Caller:
    """The reviewer behind an `Authorization` header.

    Raises `PermanentError`: `not-signed-in`, `not-a-reviewer`.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise PermanentError("not-signed-in", "Please sign in.")
    claims = verify(token)
    email = str(claims.get("email") or "")
    reviewer = reviewers.get(email) if claims.get("email_verified") is True else None
    if reviewer is None:
        raise PermanentError("not-a-reviewer", "Your account is not on the list of reviewers.")
    return Caller(email, reviewer.role)


class FirebaseVerifier:
    """Has Firebase check that a token was issued for this project and has not expired."""

    def __init__(self, project: str) -> None:
        self._app = firebase_admin.initialize_app(options={"projectId": project}, name=project)

    def __call__(self, token: str) -> Mapping[str, Any]:
        """The token's claims; raises `PermanentError("not-signed-in")`."""
        try:
            claims: Mapping[str, Any] = auth.verify_id_token(token, self._app)
        except auth.CertificateFetchError as error:
            raise RetryableError("unavailable", "Signing in can't be checked right now.") from error
        except (ValueError, RecursionError, AttributeError, exceptions.FirebaseError) as error:
            raise PermanentError("not-signed-in", "Please sign in again.") from error
        return claims
