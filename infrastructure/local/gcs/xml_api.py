"""The XML API, `/BUCKET/NAME`, for signed URLs: nothing else may use it."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from infrastructure.local.gcs.checks import named
from infrastructure.local.gcs.errors import StorageError
from infrastructure.local.gcs.preconditions import Preconditions, number
from infrastructure.local.gcs.signing import Signer, check_signed_url
from infrastructure.local.gcs.store import Store
from infrastructure.local.gcs.transfer import incomplete, media, media_headers, receive_chunk, save
from infrastructure.local.gcs.uploads import Uploads

METADATA_PREFIX = "x-goog-meta-"


class XmlApi:
    """Answers what a signed URL allows, and the chunks of an upload that one has begun."""

    def __init__(self, store: Store, uploads: Uploads, signer: Signer) -> None:
        self.store = store
        self.uploads = uploads
        self.signer = signer

    async def handle(self, request: Request, bucket: str, name: str) -> Response:
        """Everything below `/BUCKET`."""
        if upload_id := request.query_params.get("upload_id"):
            return await self.resume(request, upload_id)
        check_signed_url(
            self.signer,
            request.method,
            request.scope["raw_path"].decode(errors="replace"),
            request.scope["query_string"].decode(errors="replace"),
            request.query_params,
            request.headers,
        )
        match request.method:
            case "GET" | "HEAD":
                generation = number(request.query_params.get("generation"))
                return media(self.store.get(bucket, name, generation), request)
            case "PUT":
                return await self.put(request, bucket, named(name))
            case "POST" if request.headers.get("x-goog-resumable") == "start":
                return self.start(request, bucket, named(name))
            case "DELETE":
                self.store.delete(self.store.get(bucket, name), for_good=False)
                return Response(status_code=204)
        raise StorageError(405, "MethodNotAllowed", "The specified method is not allowed.")

    async def put(self, request: Request, bucket: str, name: str) -> Response:
        """A whole object in one request."""
        path = self.store.new_file()
        digests = await save(request.stream(), path)
        conditions = Preconditions.of_headers(request.headers)
        properties = properties_of(request.headers)
        stored = self.store.put(bucket, name, path, digests, properties, conditions)
        headers = media_headers(stored.resource)
        return Response(headers={key: headers[key] for key in ("etag", "x-goog-generation")})

    def start(self, request: Request, bucket: str, name: str) -> Response:
        """Begin a resumable upload."""
        upload_id = self.uploads.start(
            bucket,
            name,
            properties_of(request.headers),
            Preconditions.of_headers(request.headers),
            size=number(request.headers.get("x-upload-content-length")),
            origin=request.headers.get("origin"),
        )
        url = request.url.replace(query="").include_query_params(upload_id=upload_id)
        return Response(status_code=201, headers={"location": str(url)})

    async def resume(self, request: Request, upload_id: str) -> Response:
        """Take a chunk or tell how far the upload is."""
        session = await receive_chunk(request, self.uploads, upload_id)
        return Response() if session.result else incomplete(session)


def properties_of(headers: Mapping[str, str]) -> dict[str, object]:
    """Type and metadata of an object, from a request's headers."""
    metadata = {
        key.removeprefix(METADATA_PREFIX): value
        for key, value in headers.items()
        if key.startswith(METADATA_PREFIX)
    }
    return {"contentType": headers.get("content-type"), "metadata": metadata}
