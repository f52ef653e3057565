"""Pages that may use storage: by the buckets' CORS rules, or because they began an upload."""

from collections.abc import Collection
from contextlib import suppress
from typing import Any

from starlette.requests import Request

from infrastructure.local.gcs.errors import StorageError
from infrastructure.local.gcs.store import Store
from infrastructure.local.gcs.uploads import Uploads

UPLOAD_METHODS = "PUT, POST, DELETE"
UPLOAD_HEADERS = "Range, Location, X-GUploader-UploadID, X-Goog-Hash"
MAX_AGE_SECONDS = "3600"


def cors_headers(request: Request, bucket: str, store: Store, uploads: Uploads) -> dict[str, str]:
    """The CORS headers of the answer; none where the page isn't allowed."""
    origin = request.headers.get("origin")
    if origin is None:
        return {}
    try:
        if upload_id := request.query_params.get("upload_id"):
            allowed = of_upload(request, origin, uploads.get(upload_id).origin)
            if allowed:
                return allowed
        return of_bucket(request, origin, store.bucket(bucket).get("cors", []))
    except StorageError:
        return {}


def require_known_page(request: Request, bucket: str, store: Store, uploads: Uploads) -> None:
    """Raise 403 where another page's form, or a request as simple as one, would write.

    Browsers send such without asking: in the cloud it has no token, and here nobody needs one.
    A session may be begun on a page's behalf, with its origin, in a request that no form can send.
    """
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    origin = request.headers.get("origin")
    is_of_browser = "sec-fetch-site" in request.headers
    is_of_itself = request.headers.get("sec-fetch-site") in ("same-origin", "none")
    if origin is None and (is_of_itself or not is_of_browser):
        return
    is_json = request.headers.get("content-type", "").startswith("application/json")
    if not is_of_browser and is_json and request.query_params.get("uploadType") == "resumable":
        return
    if origin is None or origin not in known_origins(request, bucket, store, uploads):
        raise StorageError(403, "forbidden", "Another site's page may not write here.")


def known_origins(
    request: Request, bucket: str, store: Store, uploads: Uploads
) -> Collection[str | None]:
    """Origins of the bucket's CORS rules, and the one that began the upload."""
    if upload_id := request.query_params.get("upload_id"):
        with suppress(StorageError):
            session = uploads.get(upload_id)
            return [session.origin, *origins_of(store, session.bucket)]
    return origins_of(store, bucket)


def origins_of(store: Store, bucket: str) -> list[str]:
    """Origins of the bucket's CORS rules; `*` is nobody's."""
    try:
        rules = store.bucket(bucket).get("cors", [])
    except StorageError:
        return []
    return [origin for rule in rules for origin in rule.get("origin", [])]


def of_upload(request: Request, origin: str, begun_by: str | None) -> dict[str, str]:
    """An upload's chunks may come from the page that it was begun for."""
    if origin != begun_by:
        return {}
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": UPLOAD_METHODS,
        "access-control-allow-headers": request.headers.get("access-control-request-headers", ""),
        "access-control-expose-headers": UPLOAD_HEADERS,
        "access-control-max-age": MAX_AGE_SECONDS,
        "vary": "Origin",
    }


def of_bucket(request: Request, origin: str, rules: list[dict[str, Any]]) -> dict[str, str]:
    """The first of the bucket's CORS rules that names this origin and method."""
    method = request.headers.get("access-control-request-method", request.method)
    for rule in rules:
        origins, methods = rule.get("origin", []), rule.get("method", [])
        if (origin in origins or "*" in origins) and (method in methods or "*" in methods):
            headers = ", ".join(rule.get("responseHeader", []))
            return {
                "access-control-allow-origin": origin,
                "access-control-allow-methods": ", ".join(methods),
                "access-control-allow-headers": headers,
                "access-control-expose-headers": headers,
                "access-control-max-age": str(rule.get("maxAgeSeconds", MAX_AGE_SECONDS)),
                "vary": "Origin",
            }
    return {}
