"""Refusal of what web pages send to parts of the local cloud that no page has to do with.

In the cloud only service accounts reach them. Here they ask nobody for a token, and a browser
sends forms to any address, whoever's page it shows.
"""

from collections.abc import Callable, Iterable
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

REFUSAL = "No web page may call this."


class NoPages:
    """An ASGI app without calls of pages."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 to a page's call."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if is_of_page(headers.get("origin"), headers.get("sec-fetch-site")):
                await PlainTextResponse(REFUSAL, 403)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def without_pages(app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """A WSGI app without calls of pages."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if is_of_page(environ.get("HTTP_ORIGIN"), environ.get("HTTP_SEC_FETCH_SITE")):
            start_response("403 Forbidden", [("Content-Type", "text/plain")])
            return [REFUSAL.encode()]
        return app(environ, start_response)

    return answer


def is_of_page(origin: str | None, fetch_site: str | None) -> bool:
    """Tell if a page called: browsers say so, but where a person has typed the address."""
    return origin is not None or fetch_site not in (None, "none")
