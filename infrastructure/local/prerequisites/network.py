"""Asking a server for a file: through the usual proxies, trusting the machine's own certificates.

HTTP_PROXY, HTTPS_PROXY and NO_PROXY are Python's to read, SSL_CERT_FILE and SSL_CERT_DIR are
OpenSSL's; REQUESTS_CA_BUNDLE is read here, since who has certificates of their own has set it.
"""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import cast
from urllib.parse import urlsplit

from infrastructure.local.errors import SetupError

TIMEOUT_SECONDS = 15.0
NOT_SATISFIABLE = 416
RETRIED_CODES = (408, NOT_SATISFIABLE, 425, 429, 500, 502, 503, 504)


class TransientError(Exception):
    """A failure that may be over in a moment; the message is a sentence without its end.

    Attributes:
        code: status of the answer, None where there was no answer.
    """

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


def opened(
    url: str, headers: Mapping[str, str], timeout_seconds: float = TIMEOUT_SECONDS
) -> http.client.HTTPResponse:
    """The server's answer to a GET, to be read and closed.

    Raises:
        TransientError: to be tried again.
        SetupError: it would fail again; a sentence that says what to do.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise SetupError(f"{url} is no address of HTTP or HTTPS.")
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=trusted()))
    request = urllib.request.Request(url, headers=dict(headers))  # noqa: S310 (checked above)
    try:
        return cast(http.client.HTTPResponse, opener.open(request, timeout=timeout_seconds))
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in RETRIED_CODES:
            message = f"{urlsplit(url).netloc} answers {error.code}"
            raise TransientError(message, error.code) from error
        raise SetupError(f"{url} answers {error.code} ({error.reason}).") from error
    except (OSError, http.client.HTTPException) as error:
        raise failure(error, url) from error


def failure(error: Exception, url: str) -> TransientError | SetupError:
    """The error to raise for one of a connection, by whether it may be over in a moment."""
    reason = getattr(error, "reason", error)
    host = urlsplit(url).netloc
    if isinstance(reason, ssl.SSLCertVerificationError):
        return SetupError(
            f"The certificate of {host} can't be checked ({reason.verify_message}): install "
            "ca-certificates, or name the file with your own in SSL_CERT_FILE."
        )
    if isinstance(reason, socket.gaierror):
        return unreachable(host, "its name is not found")
    if isinstance(reason, TimeoutError):  # socket.timeout is another class before Python 3.10
        return TransientError(f"{host} doesn't answer")
    passing = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError, socket.timeout)
    if isinstance(reason, (*passing, http.client.HTTPException, ssl.SSLEOFError)):
        return TransientError(f"{host} broke the connection off")
    return unreachable(host, str(getattr(reason, "strerror", None) or reason))


def unreachable(host: str, why: str) -> SetupError:
    """The error of a host to which no way leads."""
    return SetupError(
        f"{host} can't be reached ({why}): connect this machine to the network, or name its "
        "proxy in HTTPS_PROXY."
    )


def trusted() -> ssl.SSLContext:
    """Certificates that count: the system's, and those that REQUESTS_CA_BUNDLE names."""
    context = ssl.create_default_context()
    if bundle := os.environ.get("REQUESTS_CA_BUNDLE"):
        try:
            if os.path.isdir(bundle):  # noqa: PTH112 (a folder of hashed names, or one file)
                context.load_verify_locations(capath=bundle)
            else:
                context.load_verify_locations(cafile=bundle)
        except OSError as error:  # an SSLError is one
            why = error.strerror or error
            raise SetupError(
                f"REQUESTS_CA_BUNDLE names {bundle}, which can't be used: {why}."
            ) from error
    return context
