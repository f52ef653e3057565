"""Bytes in and bytes out, always in blocks: no object is ever whole in memory."""

import re
from collections.abc import AsyncIterator
from email.message import Message
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from infrastructure.local.gcs.digests import Digests, hashes_of_header
from infrastructure.local.gcs.errors import invalid
from infrastructure.local.gcs.store import StoredObject
from infrastructure.local.gcs.uploads import ContentRange, Session, Uploads

BLOCK_BYTES = 1 << 18
PART_HEADERS_BYTES = 1 << 16
PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))


def media(found: StoredObject, request: Request) -> Response:
    """The object's bytes, or the range of them that was asked for."""
    first, last, status = 0, found.size - 1, 200
    headers = media_headers(found.resource)
    if asked := requested_range(request.headers.get("range"), found.size):
        first, last = asked
        if first >= found.size:
            return Response(status_code=416, headers={"content-range": f"bytes */{found.size}"})
        status = 206
        headers["content-range"] = f"bytes {first}-{last}/{found.size}"
    headers["content-length"] = str(last - first + 1)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    return StreamingResponse(
        blocks(found.path, first, last - first + 1), status_code=status, headers=headers
    )


def media_headers(resource: dict[str, Any]) -> dict[str, str]:
    """The headers that Cloud Storage sends with an object's bytes.

    They carry ASCII alone: other characters of metadata are percent-encoded as UTF-8, and a name
    of such is told to browsers as RFC 6266 has it.
    """
    optional = {
        "cache-control": resource.get("cacheControl"),
        "content-disposition": resource.get("contentDisposition") or disposition(resource["name"]),
        "content-encoding": resource.get("contentEncoding"),
        "x-goog-component-count": resource.get("componentCount"),
    }
    checksums = {"crc32c": resource["crc32c"], "md5": resource.get("md5Hash")}
    headers = {
        "content-type": resource["contentType"],
        "accept-ranges": "bytes",
        "etag": f'"{resource["etag"]}"',
        "last-modified": formatdate(int(resource["generation"]) / 1e6, usegmt=True),
        "x-goog-hash": ",".join(f"{key}={value}" for key, value in checksums.items() if value),
        "x-goog-generation": resource["generation"],
        "x-goog-metageneration": resource["metageneration"],
        "x-goog-storage-class": resource["storageClass"],
        "x-goog-stored-content-encoding": resource.get("contentEncoding", "identity"),
        "x-goog-stored-content-length": resource["size"],
        **{key: value for key, value in optional.items() if value},
        **{
            f"x-goog-meta-{quote(key, safe='')}": value
            for key, value in resource.get("metadata", {}).items()
        },
    }
    return {key: printable(value) for key, value in headers.items()}


def disposition(name: str) -> str | None:
    """`Content-Disposition` with the name of a file that needs more than ASCII; None for others."""
    file_name = name.rpartition("/")[2]
    if file_name.isascii():
        return None
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", file_name)
    return f"inline; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"


def printable(value: object) -> str:
    """A header's value without what none can carry."""
    return quote(str(value), safe=PRINTABLE)


def requested_range(header: str | None, size: int) -> tuple[int, int] | None:
    """First and last byte of a single-range request; None: send everything."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", header or "")
    if match is None or match.groups() == ("", "") or size == 0:
        return None
    first, last = match.groups()
    if first == "":
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


async def blocks(path: Path, start: int, length: int) -> AsyncIterator[bytes]:
    """A part of a file; still whole if the object is deleted meanwhile."""
    with path.open("rb") as file:
        file.seek(start)
        while length > 0 and (block := file.read(min(length, BLOCK_BYTES))):
            length -= len(block)
            yield block


async def save(chunks: AsyncIterator[bytes], path: Path) -> Digests:
    """Write a stream to a file; a stream that breaks off leaves no file."""
    digests = Digests()
    try:
        with path.open("wb") as file:
            async for chunk in chunks:
                file.write(chunk)
                digests.update(chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return digests


async def save_multipart(request: Request, spool: Path, target: Path) -> tuple[bytes, str, Digests]:
    """Take a `multipart/related` body apart: the JSON part, the media's type, and its bytes."""
    content_type = Message()
    content_type["content-type"] = request.headers.get("content-type", "")
    boundary = content_type.get_param("boundary")
    if not isinstance(boundary, str):
        raise invalid("A multipart upload needs a boundary.")
    try:
        whole = await save(request.stream(), spool)
        with spool.open("rb") as file:
            head = file.read(PART_HEADERS_BYTES)
            file.seek(max(0, whole.size - len(boundary) - 16))
            tail = file.read()
        delimiter = b"--" + boundary.strip("'").encode()
        parts = re.match(
            rb"\s*%b\r?\n(?:.*?\r?\n)?\r?\n(.*?)\r?\n%b\r?\n(.*?)\r?\n\r?\n"
            % ((re.escape(delimiter),) * 2),
            head,
            re.DOTALL,
        )
        ending = re.search(rb"\r?\n%b--" % re.escape(delimiter), tail)
        if parts is None or ending is None:
            raise invalid("Malformed multipart body.")
        end = whole.size - len(tail) + ending.start()
        digests = await save(blocks(spool, parts.end(), end - parts.end()), target)
    finally:
        spool.unlink(missing_ok=True)
    media_type = re.search(rb"(?i)content-type:\s*([^\r\n]+)", parts[2])
    return parts[1], media_type[1].decode() if media_type else "", digests


async def receive_chunk(request: Request, uploads: Uploads, upload_id: str) -> Session:
    """Hand a request of a resumable upload, a chunk or a question, to its session."""
    return await uploads.receive(
        upload_id,
        ContentRange.parse(request.headers.get("content-range")),
        request.stream(),
        hashes_of_header(request.headers.get("x-goog-hash")),
    )


def incomplete(session: Session) -> Response:
    """308 with what has arrived so far."""
    received = session.received
    headers = {"range": f"bytes=0-{received - 1}"} if received else {}
    return Response(status_code=308, headers={"x-guploader-uploadid": session.id, **headers})
