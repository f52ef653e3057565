"""Firebase Hosting on one machine: the built web app, `/config.json`, and the same headers."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

CONTENT_SECURITY_POLICY = "content-security-policy"
# The app talks to these at Google's addresses in the cloud and to the emulators here.
EXTENDED_DIRECTIVES = ("connect-src", "img-src")


@dataclass(frozen=True)
class HeaderRule:
    """Headers for the paths that a glob of `firebase.json` covers."""

    pattern: re.Pattern[str]
    headers: dict[str, str]


class Hosting:
    """Serves one folder as `firebase.json` says.

    Attributes:
        config: what `/config.json` answers.
        origins: of the emulators, allowed by the content security policy in addition.
    """

    def __init__(
        self, folder: Path, firebase_json: Path, config: dict[str, Any], origins: tuple[str, ...]
    ) -> None:
        self.folder = folder.resolve()
        self.config = config
        self.origins = origins
        document = json.loads(firebase_json.read_text(encoding="utf-8"))["hosting"]
        self.rules = [
            HeaderRule(
                glob(rule["source"]), {entry["key"]: entry["value"] for entry in rule["headers"]}
            )
            for rule in document.get("headers", [])
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        response = self.respond(request.method, request.url.path)
        for name, value in self.headers_of(request.url.path).items():
            response.headers[name] = value
        await response(scope, receive, send)

    def respond(self, method: str, path: str) -> Response:
        """A file of the folder; every other page is the app, which reads its own address."""
        if method not in ("GET", "HEAD"):
            return PlainTextResponse("Method not allowed", 405)
        if path == "/config.json":
            return JSONResponse(self.config, headers={"cache-control": "no-store"})
        index = self.folder / "index.html"
        if not index.is_file():
            return PlainTextResponse("The web app isn't built yet: run `make up`.", 503)
        file = (self.folder / path.lstrip("/")).resolve()
        if file.is_relative_to(self.folder) and file.is_file():
            return FileResponse(file)
        if "." in path.rsplit("/", 1)[-1]:
            return PlainTextResponse("Not found", 404)
        return FileResponse(index)

    def headers_of(self, path: str) -> dict[str, str]:
        """The headers of every rule that covers the path; later rules win."""
        headers: dict[str, str] = {}
        for rule in self.rules:
            if rule.pattern.fullmatch(path):
                headers |= {name.lower(): value for name, value in rule.headers.items()}
        if policy := headers.get(CONTENT_SECURITY_POLICY):
            headers[CONTENT_SECURITY_POLICY] = with_origins(policy, self.origins)
        return headers


def with_origins(policy: str, origins: tuple[str, ...]) -> str:
    """The policy, with the emulators' origins where the app connects and loads pictures."""
    directives = [directive.split() for directive in policy.split(";") if directive.strip()]
    return "; ".join(
        " ".join([*words, *origins] if words[0] in EXTENDED_DIRECTIVES else words)
        for words in directives
        if words[0] != "upgrade-insecure-requests"  # there is no TLS on a loopback address
    )


def glob(source: str) -> re.Pattern[str]:
    """A glob of `firebase.json`: `**`, `*` and `@(a|b)`; one without a slash means every folder."""
    if not source.startswith(("/", "**")):
        source = f"**/{source}"
    pattern = ""
    for token in re.findall(r"\*\*/|\*\*|\*|@\([^)]*\)|.", source.lstrip("/")):
        if token == "**/":  # noqa: S105
            pattern += "(?:.*/)?"
        elif token == "**":  # noqa: S105
            pattern += ".*"
        elif token == "*":  # noqa: S105
            pattern += "[^/]*"
        elif token.startswith("@("):
            pattern += "(?:" + "|".join(map(re.escape, token[2:-1].split("|"))) + ")"
        else:
            pattern += re.escape(token)
    return re.compile("/" + pattern)
