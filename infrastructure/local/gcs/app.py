"""The ASGI application: which surface a path belongs to, CORS, and errors in its words."""

from urllib.parse import unquote
from xml.sax.saxutils import escape

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from infrastructure.local.gcs.cors import cors_headers, require_known_page
from infrastructure.local.gcs.errors import StorageError
from infrastructure.local.gcs.json_api import JsonApi
from infrastructure.local.gcs.signing import Signer
from infrastructure.local.gcs.store import Store
from infrastructure.local.gcs.uploads import Uploads
from infrastructure.local.gcs.xml_api import XmlApi


class StorageApp:
    """Cloud Storage over a store; what an earlier process left half-written is removed first.

    The JSON is told from the XML API by the path as it was sent: names may contain `%2F`.
    """

    def __init__(self, store: Store, signer: Signer) -> None:
        self.store = store
        self.uploads = Uploads(store)
        self.json = JsonApi(store, self.uploads)
        self.xml = XmlApi(store, self.uploads, signer)
        store.remove_orphans(keep=self.uploads.files())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        # gcloud puts `/resumable` in front.
        path = scope["raw_path"].decode(errors="replace").removeprefix("/resumable")
        segments = [unquote(part) for part in path.split("/")[1:]]
        if segments == [""]:
            await PlainTextResponse("ok")(scope, receive, send)
            return
        try:
            response, bucket = await self.respond(request, segments)
        except ClientDisconnect:
            return  # nobody is there to be answered
        for name, value in cors_headers(request, bucket, self.store, self.uploads).items():
            response.headers[name] = value
        await response(scope, receive, send)

    async def respond(self, request: Request, segments: list[str]) -> tuple[Response, str]:
        """The answer, and the bucket that the request is about."""
        is_json = True
        match segments:
            case ["storage", "v1", "b", *rest]:
                handler = self.json.buckets
            case ["upload", "storage", "v1", "b", *rest]:
                handler = self.json.upload
            case ["download", "storage", "v1", "b", *rest]:
                handler = self.json.download
            case _:
                is_json, rest = False, [segments[0], "/".join(segments[1:])]
        bucket = rest[0] if rest else ""
        try:
            if request.method == "OPTIONS":
                return Response(status_code=204), bucket
            require_known_page(request, bucket, self.store, self.uploads)
            if is_json:
                return await handler(request, rest), bucket
            return await self.xml.handle(request, bucket, rest[1]), bucket
        except StorageError as error:
            return (json_error(error) if is_json else xml_error(error)), bucket


def json_error(error: StorageError) -> Response:
    """The error as the JSON API says it."""
    detail = {"message": error.message, "domain": "global", "reason": error.reason}
    body = {"code": error.status, "message": error.message, "errors": [detail]}
    return JSONResponse({"error": body}, status_code=error.status)


def xml_error(error: StorageError) -> Response:
    """The error as the XML API says it."""
    code = "NoSuchKey" if error.status == 404 else error.reason
    body = (
        "<?xml version='1.0' encoding='UTF-8'?>"
        f"<Error><Code>{escape(code)}</Code><Message>{escape(error.message)}</Message></Error>"
    )
    return Response(body, status_code=error.status, media_type="application/xml; charset=UTF-8")
