"""The JSON API: `/storage/v1/…`, `/upload/storage/v1/…` and `/download/storage/v1/…`."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from infrastructure.local.gcs.checks import named, parsed, whole, without_checksums
from infrastructure.local.gcs.digests import Digests
from infrastructure.local.gcs.errors import StorageError, invalid
from infrastructure.local.gcs.preconditions import Preconditions, number
from infrastructure.local.gcs.store import Resource, Store, StoredObject
from infrastructure.local.gcs.transfer import (
    blocks,
    incomplete,
    media,
    media_headers,
    receive_chunk,
    save,
    save_multipart,
)
from infrastructure.local.gcs.uploads import Uploads

PAGE_OBJECTS = 1000
MAX_COMPONENTS = 32


class JsonApi:
    """Answers the requests of one store; `segments` are the decoded parts of the path."""

    def __init__(self, store: Store, uploads: Uploads) -> None:
        self.store = store
        self.uploads = uploads

    async def buckets(self, request: Request, segments: list[str]) -> Response:
        """Everything below `/storage/v1/b`."""
        query = request.query_params
        match request.method, segments:
            case "GET", []:
                return JSONResponse({"kind": "storage#buckets", "items": self.store.buckets()})
            case "POST", []:
                return JSONResponse(self.store.create_bucket(parsed(await request.body())))
            case "GET", [bucket]:
                return JSONResponse(self.store.bucket(bucket))
            case "PATCH" | "PUT", [bucket]:
                return JSONResponse(self.store.update_bucket(bucket, parsed(await request.body())))
            case "GET", [bucket, "storageLayout"]:
                return JSONResponse({"kind": "storage#storageLayout", "bucket": bucket})
            case "GET", [bucket, "o"]:
                return JSONResponse(self.list(bucket, request))
            case "GET", [bucket, "o", name]:
                found = self.find(bucket, name, query)
                if query.get("alt") == "media":
                    return media(found, request)
                return JSONResponse(linked(found.resource, request))
            case "PATCH" | "PUT", [bucket, "o", name]:
                found = self.find(bucket, name, query)
                changed = self.store.update(
                    found, parsed(await request.body()), replace=request.method == "PUT"
                )
                return JSONResponse(linked(changed.resource, request))
            case "DELETE", [bucket, "o", name]:
                found = self.find(bucket, name, query)
                self.store.delete(found, for_good="generation" in query)
                return Response(status_code=204)
            case "POST", [bucket, "o", name, "compose"]:
                resource = await self.compose(request, bucket, name)
                return JSONResponse(linked(resource, request))
            case "POST", [source, "o", name, "copyTo", "b", bucket, "o", copy]:
                resource = await self.copy(request, source, name, bucket, copy)
                return JSONResponse(linked(resource, request))
            case "POST", [source, "o", name, "rewriteTo", "b", bucket, "o", copy]:
                resource = await self.copy(request, source, name, bucket, copy)
                return JSONResponse(rewritten(linked(resource, request)))
        raise StorageError(501, "notImplemented", f"Not part of the local storage: {request.url}")

    async def download(self, request: Request, segments: list[str]) -> Response:
        """Everything below `/download/storage/v1/b`."""
        match request.method, segments:
            case "GET" | "HEAD", [bucket, "o", name]:
                return media(self.find(bucket, name, request.query_params), request)
        raise StorageError(404, "notFound", "Not Found")

    async def upload(self, request: Request, segments: list[str]) -> Response:
        """Everything below `/upload/storage/v1/b`: simple, multipart and resumable uploads."""
        query = request.query_params
        match request.method, segments, query.get("uploadType"):
            case "PUT" | "POST", [_, "o"], _ if "upload_id" in query:
                return await self.resume(request, query["upload_id"])
            case "DELETE", [_, "o"], _ if "upload_id" in query:
                self.uploads.cancel(self.uploads.get(query["upload_id"]))
                return Response(status_code=499)
            case "POST", [bucket, "o"], "resumable":
                return await self.start(request, bucket)
            case "POST", [bucket, "o"], "multipart":
                return await self.multipart(request, bucket)
            case "POST", [bucket, "o"], _:
                name, path = named(query.get("name")), self.store.new_file()
                properties = {"contentType": request.headers.get("content-type")}
                digests = await save(request.stream(), path)
                return self.put(request, bucket, name, path, digests, properties)
        raise StorageError(404, "notFound", "Not Found")

    async def start(self, request: Request, bucket: str) -> Response:
        """Begin a resumable upload; the answer's `Location` is its URL and its credential."""
        properties = parsed(await request.body())
        properties.setdefault("contentType", request.headers.get("x-upload-content-type"))
        upload_id = self.uploads.start(
            bucket,
            named(properties.pop("name", None) or request.query_params.get("name")),
            properties,
            Preconditions.of_query(request.query_params),
            size=number(request.headers.get("x-upload-content-length")),
            origin=request.headers.get("origin"),
        )
        url = request.url.replace(query="").include_query_params(
            uploadType="resumable", upload_id=upload_id
        )
        return Response(headers={"location": str(url), "x-guploader-uploadid": upload_id})

    async def resume(self, request: Request, upload_id: str) -> Response:
        """Take a chunk or tell how far the upload is."""
        session = await receive_chunk(request, self.uploads, upload_id)
        if session.result is None:
            return incomplete(session)
        hashes = {"x-goog-hash": media_headers(session.result)["x-goog-hash"]}
        return JSONResponse(linked(session.result, request), headers=hashes)

    async def multipart(self, request: Request, bucket: str) -> Response:
        """Properties and bytes in one request."""
        path = self.store.new_file()
        text, media_type, digests = await save_multipart(request, self.store.new_file(), path)
        try:
            properties = parsed(text)
        except StorageError:
            path.unlink()
            raise
        properties.setdefault("contentType", media_type)
        name = properties.get("name") or request.query_params.get("name")
        return self.put(request, bucket, name, path, digests, properties)

    def put(
        self,
        request: Request,
        bucket: str,
        name: str | None,
        path: Path,
        digests: Digests,
        properties: Mapping[str, Any],
    ) -> Response:
        """Make a received file the live object."""
        try:
            conditions = Preconditions.of_query(request.query_params)
            name = named(name)
        except StorageError:
            path.unlink()
            raise
        stored = self.store.put(bucket, name, path, digests, properties, conditions)
        return JSONResponse(linked(stored.resource, request))

    def find(self, bucket: str, name: str, query: Mapping[str, str]) -> StoredObject:
        """The object or generation that the query names, if its preconditions hold."""
        found = self.store.get(bucket, name, number(query.get("generation")))
        Preconditions.of_query(query).check(found.resource)
        return found

    def list(self, bucket: str, request: Request) -> Resource:
        """One page of objects, and the "folders" if a delimiter is given."""
        query = request.query_params
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter")
        limit = min(number(query.get("maxResults")) or PAGE_OBJECTS, PAGE_OBJECTS)
        found = list(
            self.store.list(
                bucket,
                prefix,
                query.get("pageToken", ""),
                limit + 1,
                start=query.get("startOffset", ""),
                versions=query.get("versions") == "true",
            )
        )
        page: Resource = {"kind": "storage#objects"}
        if len(found) > limit:
            found = found[:limit]
            page["nextPageToken"] = found[-1]["name"]
        items, page["prefixes"] = in_folders(found, prefix, delimiter)
        page["items"] = [linked(resource, request) for resource in items]
        return page

    async def compose(self, request: Request, bucket: str, name: str) -> Resource:
        """Join objects into a new one; checksums that the destination says are not looked at."""
        body = parsed(await request.body())
        sources = body.get("sourceObjects", [])
        if not 1 <= len(sources) <= MAX_COMPONENTS:
            raise invalid(f"Between 1 and {MAX_COMPONENTS} objects can be composed at once.")
        conditions = Preconditions.of_query(request.query_params)
        live = self.store.find(bucket, name)
        conditions.check(live.resource if live else None)
        parts = [self.component(bucket, source) for source in sources]
        path = self.store.new_file()
        digests = await save(joined(parts), path)
        properties = without_checksums(body.get("destination", {}))
        count = sum(part.resource.get("componentCount", 1) for part in parts)
        stored = self.store.put(bucket, name, path, digests, properties, conditions, count)
        return stored.resource

    def component(self, bucket: str, source: Mapping[str, Any]) -> StoredObject:
        """One of the objects to compose, if its precondition holds."""
        found = self.store.get(bucket, named(source.get("name")), whole(source.get("generation")))
        expected = whole(source.get("objectPreconditions", {}).get("ifGenerationMatch"))
        Preconditions(generation_match=expected).check(found.resource)
        return found

    async def copy(
        self, request: Request, source_bucket: str, source: str, bucket: str, name: str
    ) -> Resource:
        """Copy an object; a body replaces its properties."""
        body = await request.body()
        found = self.store.get(
            source_bucket, source, number(request.query_params.get("sourceGeneration"))
        )
        path = self.store.new_file()
        digests = await save(joined([found]), path)
        properties = parsed(body) if body.strip(b"{} \n") else found.resource
        conditions = Preconditions.of_query(request.query_params)
        count = found.resource.get("componentCount")
        stored = self.store.put(
            bucket, name, path, digests, without_checksums(properties), conditions, count
        )
        return stored.resource


def linked(resource: Resource, request: Request) -> Resource:
    """The object with its URLs, which depend on how the caller reaches this server."""
    path = f"storage/v1/b/{resource['bucket']}/o/{quote(resource['name'], safe='')}"
    media_query = f"generation={resource['generation']}&alt=media"
    return {
        **resource,
        "selfLink": f"{request.base_url}{path}",
        "mediaLink": f"{request.base_url}download/{path}?{media_query}",
    }


async def joined(parts: Iterable[StoredObject]) -> AsyncIterator[bytes]:
    """The bytes of several objects, one after the other."""
    for part in parts:
        async for block in blocks(part.path, 0, part.size):
            yield block
            await asyncio.sleep(0)  # a large copy lets other requests through


def in_folders(
    found: list[Resource], prefix: str, delimiter: str | None
) -> tuple[list[Resource], list[str]]:
    """Objects directly under the prefix, and the prefixes that end at the next delimiter."""
    if not delimiter:
        return found, []
    items, folders = [], set()
    for resource in found:
        folder, cut, _ = resource["name"][len(prefix) :].partition(delimiter)
        if cut:
            folders.add(prefix + folder + cut)
        else:
            items.append(resource)
    return items, sorted(folders)


def rewritten(resource: Resource) -> Resource:
    """The answer to a rewrite that needed one step."""
    return {
        "kind": "storage#rewriteResponse",
        "totalBytesRewritten": resource["size"],
        "objectSize": resource["size"],
        "done": True,
        "resource": resource,
    }
