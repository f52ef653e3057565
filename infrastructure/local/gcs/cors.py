"""CORS of storage: the buckets' rules, or the origin that began an upload."""

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
