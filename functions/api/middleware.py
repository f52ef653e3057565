"""Middleware that every call and every answer of the api passes."""

import logging
from http import HTTPStatus
from typing import Final

from fastapi.requests import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from discai.cloud.reviewers import Reviewers
from discai.errors import DiscaiError
from functions.api.refusals import refusal, refusal_of
from functions.identity import VerifyToken, authenticate

logger = logging.getLogger(__name__)

#: The one path that anybody may read.
DESCRIPTION: Final = "/openapi.json"


class NoStore:
    """Keeps answers out of every cache: they hold signed URLs, or are somebody's alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Adds the header."""

        async def send_unstored(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Cache-Control"] = "no-store"
            await send(message)

        await self._app(scope, receive, send_unstored)


class Cors(CORSMiddleware):
    """Lets pages of the web app's origin call, and no others."""

    def __init__(self, app: ASGIApp, web_origin: str) -> None:
        super().__init__(
            app,
            allow_origins=(web_origin,),
            allow_methods=("GET", "POST"),
            allow_headers=("authorization", "content-type"),
            max_age=3600,
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        """Starlette's answer, without its body where the call may come."""
        answer = super().preflight_response(request_headers)
        if answer.status_code != HTTPStatus.OK:
            return answer
        headers = {k: v for k, v in answer.headers.items() if not k.startswith("content-")}
        return Response(None, HTTPStatus.NO_CONTENT, headers)


class Refusals:
    """Makes an answer of every error; inside of CORS, so that our pages may read it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers what the app did not."""
        try:
            await self._app(scope, receive, send)
            return
        except DiscaiError as error:
            answer = refusal_of(error)
            if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                logger.warning("unavailable", extra={"code": error.code})
        except Exception:
            logger.exception("a call failed")
            message = "Something went wrong on our side; please try again."
            answer = refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", message)
        await answer(scope, receive, send)


class SignedIn:
    """Lets only reviewers in, before anything else of their call is looked at.

    A dependency of the routes would come too late: FastAPI has read the body by then, and a path
    that is no route's would not be asked at all.
    """

    def __init__(self, app: ASGIApp, verify_token: VerifyToken, reviewers: Reviewers) -> None:
        self._app = app
        self._verify_token = verify_token
        self._reviewers = reviewers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hands the call on with its caller in `request.state.caller`."""
        request = Request(scope)
        if scope["path"].removeprefix(scope.get("root_path", "")) != DESCRIPTION:
            request.state.caller = await run_in_threadpool(
                authenticate,
                request.headers.get("Authorization"),
                self._verify_token,
                self._reviewers,
            )
        await self._app(scope, receive, send)
