"""The api as an ASGI app, and its description.

A call passes NoStore, CORS, Refusals and SignedIn, in this order, then finds its route.
"""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount

from functions.api.dependencies import Collaborators
from functions.api.middleware import DESCRIPTION, Cors, NoStore, Refusals, SignedIn
from functions.api.refusals import malformed, no_such_address
from functions.api.routes import router

#: Firebase Hosting hands calls on with the path under which the page made them.
HOSTING_PREFIX: Final = "/api"

ABOUT: Final = """\
Uploads, signed URLs of what models made of a scan, another try, and what administrators do.
Pages read scans, labels and models from Firestore itself, whose rules say what they may.

Every call needs a Firebase ID token of a reviewer. A refusal is a JSON body with a code for
programs and a sentence for people; one of 503 may be tried again."""


def create_api(given: Collaborators) -> Starlette:
    """The app with its collaborators, both at the root and under Hosting's prefix."""
    api = _described_app(
        [
            Middleware(NoStore),
            Middleware(Cors, given.settings.web_origin),
            Middleware(Refusals),
            Middleware(SignedIn, given.verify_token, given.reviewers),
        ]
    )
    api.state.collaborators = given
    routes = [Mount(HOSTING_PREFIX, api), Mount("/", api)]
    elsewhere: dict[Any, Any] = {HTTPException: no_such_address}  # no mount's path has line breaks
    return Starlette(routes=routes, exception_handlers=elsewhere)


def description() -> dict[str, Any]:
    """The OpenAPI document; without secrets, and the same wherever the api runs."""
    return _described_app([]).openapi()


class _Described(FastAPI):
    """Describes what it answers: FastAPI's own list of what is wrong with a body never goes out."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document."""
        document = super().openapi()
        for calls in document["paths"].values():
            for call in calls.values():
                call["responses"].pop("422", None)
        for name in ("HTTPValidationError", "ValidationError"):
            document["components"]["schemas"].pop(name, None)
        return document


def _described_app(middleware: list[Middleware]) -> FastAPI:
    app = _Described(
        title="DiscAI",
        description=ABOUT,
        version="1",
        openapi_url=DESCRIPTION,
        docs_url=None,  # these pages load their scripts from elsewhere
        redoc_url=None,
        servers=[{"url": HOSTING_PREFIX}],
        root_path_in_servers=False,
        redirect_slashes=False,
        generate_unique_id_function=_operation,
        middleware=middleware,
        exception_handlers={
            HTTPException: no_such_address,
            RequestValidationError: malformed,
        },
    )
    app.include_router(router)
    return app


def _operation(route: APIRoute) -> str:
    return route.name
