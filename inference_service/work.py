"""The worker's two kinds of work: scans to read, and results to file."""

import logging
from typing import Protocol

from discai.cloud.requests import AnyRequest
from discai.records.filing import FilingRequest
from discai.records.scans import InferenceRequest

logger = logging.getLogger(__name__)


class Reader(Protocol):
    """Reader of scans."""

    def handle(self, request: InferenceRequest) -> None:
        """Returns when the scan is done or failed; raises if the request should come again."""

    def stop(self) -> None:
        """Hands back the scan at work and takes no other."""


class Filer(Protocol):
    """Storer of results in the archive."""

    def handle(self, request: FilingRequest) -> None:
        """Returns when the order is carried out or waits; raises if the request should come
        again."""

    def stop(self) -> None:
        """Hands back the order at work and takes no other."""


class Work:
    """Gives each request to whom it is for; without a filer, results stay here."""

    def __init__(self, reader: Reader, filer: Filer | None) -> None:
        self._reader = reader
        self._filer = filer

    def handle(self, request: AnyRequest) -> None:
        """Returns when there is nothing left to do; raises if the request should come again."""
        if isinstance(request, InferenceRequest):
            self._reader.handle(request)
        elif self._filer:
            self._filer.handle(request)
        else:
            logger.info("results aren't filed any more", extra=about(request))

    def stop(self) -> None:
        """Hands back what is at work."""
        self._reader.stop()
        if self._filer:
            self._filer.stop()


def about(request: AnyRequest) -> dict[str, str]:
    """A request's subject, as logs name it."""
    if isinstance(request, FilingRequest):
        return {"studyKey": request.study_key}
    return {"scanId": request.scan_id}
