"""A server that hands out files as servers do on good days and on bad ones."""

import hashlib
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from infrastructure.local.prerequisites.fetching import Pin


@dataclass(frozen=True)
class Fault:
    """One answer that is no good.

    Attributes:
        status: instead of a file.
        cut_after: bytes of the body after which the connection ends.
        body: another file in its place.
    """

    status: int | None = None
    cut_after: int | None = None
    body: bytes | None = None


@dataclass
class Downloads:
    """Files by their paths, and what has been asked of them.

    Attributes:
        faults: of the next answers to come, in this order.
        asked: path and `Range` of each request.
        resumes: tell if parts are handed out.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    resumes: bool = True
    url: str = ""

    @property
    def ranges(self) -> list[str | None]:
        """The part that each request asked for."""
        return [part for _, part in self.asked]


@contextmanager
def served_downloads(certificate: Path | None = None) -> Iterator[Downloads]:
    """A server on this machine, over HTTPS where there is a certificate with its key."""
    downloads = Downloads()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(downloads))
    scheme = "http"
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    downloads.url = f"{scheme}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield downloads
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def handler_of(downloads: Downloads) -> Callable[..., BaseHTTPRequestHandler]:
    """The handler that answers as `downloads` says."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            part = self.headers["Range"]
            downloads.asked.append((self.path, part))
            fault = downloads.faults.pop(0) if downloads.faults else Fault()
            if fault.status:
                self.send_error(fault.status)
                return
            body = fault.body or downloads.files.get(self.path)
            if body is None:
                self.send_error(404)
                return
            first = int(re.findall(r"\d+", part)[0]) if part and downloads.resumes else 0
            if first >= len(body):
                self.send_error(416)
                return
            self.send_response(206 if part and downloads.resumes else 200)
            if part and downloads.resumes:
                self.send_header("Content-Range", f"bytes {first}-{len(body) - 1}/{len(body)}")
            self.send_header("Content-Length", str(len(body) - first))
            self.end_headers()
            end = None if fault.cut_after is None else first + fault.cut_after
            self.wfile.write(body[first:end])

        def log_message(self, *_: object) -> None:
            """Say nothing on the tests' terminal."""

    return Handler


def pin_of(name: str, content: bytes) -> Pin:
    """The pin of a file with that content."""
    return Pin(f"Emulator {name}", name, len(content), hashlib.sha256(content).hexdigest())
