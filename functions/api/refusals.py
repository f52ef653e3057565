"""Every answer of the api that is a refusal: its code, its status and when it comes."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from discai.errors import DiscaiError, RetryableError
from discai.records.api import MALFORMED, ApiError, ErrorBody


@dataclass(frozen=True)
class Refusal:
    """One code: the status that goes with it, and when a caller gets it."""

    status: HTTPStatus
    when: str


REFUSALS: Final = {
    "bad-request": Refusal(HTTPStatus.BAD_REQUEST, "the body is not as it should be"),
    "not-signed-in": Refusal(
        HTTPStatus.UNAUTHORIZED, "the ID token is missing, expired or not of this project"
    ),
    "not-a-reviewer": Refusal(
        HTTPStatus.FORBIDDEN,
        "the account is not on the list of reviewers, or its address unverified",
    ),
    "not-an-admin": Refusal(HTTPStatus.FORBIDDEN, "only an administrator can do this"),
    "not-found": Refusal(HTTPStatus.NOT_FOUND, "there is no such address, scan or reading"),
    "unknown-model": Refusal(HTTPStatus.NOT_FOUND, "no model of that version was registered"),
    "not-retryable": Refusal(HTTPStatus.CONFLICT, "the scan is being read, or is done"),
    "not-in-history": Refusal(HTTPStatus.CONFLICT, "the model was never in production"),
    "not-in-production": Refusal(HTTPStatus.CONFLICT, "another model is in production"),
    "too-large": Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the file is larger than a scan may be"
    ),
    "internal": Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "something is wrong with the api itself"),
    "unavailable": Refusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "a service behind the api does not answer; the same call may be made again",
    ),
}

_NO_JSON: Final = "This call needs a body of JSON."

#: What any call may be answered by.
ALWAYS: Final = ("not-signed-in", "not-a-reviewer", "internal", "unavailable")


def refusal_of(error: DiscaiError) -> JSONResponse:
    """The answer to a call that ended in this error."""
    if isinstance(error, RetryableError):
        return refusal(HTTPStatus.SERVICE_UNAVAILABLE, error.code, error.message)
    known = REFUSALS.get(error.code)
    return refusal(known.status if known else HTTPStatus.BAD_REQUEST, error.code, error.message)


def refusal(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """An answer with the body that every refusal has."""
    body = ErrorBody(error=ApiError(code=code, message=message))
    return JSONResponse(body.model_dump(by_alias=True), status, headers)


async def no_such_address(request: Request, error: HTTPException) -> JSONResponse:
    """The answer to a path that is no route's, or to a method that its route does not take.

    FastAPI has one more, for a body of JSON that it can't take apart.
    """
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return refusal(error.status_code, "bad-request", _NO_JSON)
    return _no_such_address(error.status_code, error.headers)


async def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
    """The answer to a call that is not as described, in a sentence and not in pydantic's list."""
    [first, *_] = error.errors()
    if first["loc"][0] == "path":
        return _no_such_address(REFUSALS["not-found"].status)
    sentence = first["msg"] if first["type"] == MALFORMED else _NO_JSON
    return refusal(REFUSALS["bad-request"].status, "bad-request", sentence)


def _no_such_address(status: int, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return refusal(status, "not-found", "There is no such address.", headers)


def described(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that refuses with these codes, and with those of every call."""
    responses: dict[int | str, dict[str, Any]] = {}
    for code in (*codes, *ALWAYS):
        known = REFUSALS[code]
        lines = responses.setdefault(known.status, {"model": ErrorBody, "description": ""})
        lines["description"] = "; ".join(
            filter(None, (lines["description"], f"`{code}`: {known.when}"))
        )
    return dict(sorted(responses.items(), key=lambda item: str(item[0])))
