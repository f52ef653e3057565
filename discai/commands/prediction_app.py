"""The HTTP app of `discai serve`: a scan is sent, and its `prediction.json` is the answer."""

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Final, Protocol, cast

from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from discai.errors import DiscaiError, PermanentError, RetryableError
from discai.pictures.output import prediction_json
from discai.readings.opening import Part, Reader, opened_path
from discai.records.api import ApiError, ErrorBody
from discai.records.prediction import PredictionFile
from discai.records.scans import Step
from discai.scan.reader import nameless

logger = logging.getLogger(__name__)

#: All other codes are of scans that can't be read.
STATUS_OF_CODE: Final = {
    "web-page": HTTPStatus.FORBIDDEN,
    "no-such-address": HTTPStatus.NOT_FOUND,
    "too-slow": HTTPStatus.REQUEST_TIMEOUT,
    "too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "internal": HTTPStatus.INTERNAL_SERVER_ERROR,
    "busy": HTTPStatus.SERVICE_UNAVAILABLE,
}
_RETRY_AFTER_SECONDS: Final = 5
_ABOUT: Final = (
    "Reads lumbar-spine MRI: a scan is sent, and discs, levels and probabilities of herniation are "
    "the answer. Nothing is kept. Research use only; no medical device."
)
_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": "The bytes of one file: whatever `discai predict` takes, folders as zips.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    403: {"model": ErrorBody, "description": "`web-page`: a page of the web made the call."},
    408: {"model": ErrorBody, "description": "`too-slow`: the body took too long."},
    413: {"model": ErrorBody, "description": "`too-large`: the file is larger than the limit."},
    422: {
        "model": ErrorBody,
        "description": "The file can't be read: a code of `discai predict`; or `several-series`, "
        "`no-such-series`.",
    },
    500: {"model": ErrorBody, "description": "`internal`: a fault in DiscAI."},
    503: {"model": ErrorBody, "description": "`busy`: too many files wait; try again."},
}


class Model(Reader, Protocol):
    """A reader that knows its name, as the `Predictor` does."""

    model_version: str
    model_digest: str
    device: str


@dataclass(frozen=True)
class Limits:
    """Bounds of what is taken.

    Attributes:
        max_bytes: of one file.
        waiting: how many files may wait while one is read.
        body_seconds: within which a file must have come.
    """

    max_bytes: int = 512 * 2**20
    waiting: int = 4
    body_seconds: float = 300.0


class _OneAtATime:
    """Takes files one at a time: a reading uses all processors by itself."""

    def __init__(self, model: Model, limits: Limits) -> None:
        self._model = model
        self._limits = limits
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="reading")
        self._taken = 0

    async def predict(self, request: Request, name: str, series: str) -> dict[str, Any]:
        if "origin" in request.headers:
            raise PermanentError("web-page", "Programs may call this, pages of the web may not.")
        if self._taken > self._limits.waiting:
            raise RetryableError("busy", "Too many files wait to be read; try again in a moment.")
        self._taken += 1
        try:
            with tempfile.TemporaryDirectory(prefix="discai-") as folder:
                path = Path(folder, nameless(name))
                await self._receive(request, path)
                loop = asyncio.get_running_loop()
                work = partial(predict_file, self._model, path, series)
                return await loop.run_in_executor(self._thread, work)
        except DiscaiError:
            raise
        except ClientDisconnect:  # nobody is there to be told
            raise PermanentError("too-slow", "The file broke off.") from None
        except Exception as error:
            logger.exception("the reading broke off")  # a fault in DiscAI: show where
            sentence = f"The reading broke off ({type(error).__name__})."
            raise PermanentError("internal", sentence) from error
        finally:
            self._taken -= 1

    async def _receive(self, request: Request, path: Path) -> None:
        """Writes the body into a file, as far as it may be long."""
        size = 0
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                with path.open("wb") as file:
                    async for chunk in request.stream():
                        size += len(chunk)
                        if size > self._limits.max_bytes:
                            raise PermanentError(
                                "too-large",
                                f"The file is larger than {self._limits.max_bytes // 2**20} MiB.",
                            )
                        file.write(chunk)
        except TimeoutError as error:
            raise PermanentError("too-slow", "The file took too long to come.") from error

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)


def predict_file(model: Reader, path: Path, series: str = "") -> dict[str, Any]:
    """The values of `prediction.json` of a file, or of the series of it with this label.

    Raises `PermanentError`: `several-series` if the file holds several and none is named,
    `no-such-series` if it doesn't hold that one, and whatever reading raises.
    """
    with opened_path(path) as found:
        scan, reading = _chosen(found.parts, series).read(model, _ignore)
        return prediction_json(scan, reading)


def create_app(model: Model, limits: Limits) -> FastAPI:
    """The app, for a model that is loaded."""
    turns = _OneAtATime(model, limits)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        turns.close()

    app = FastAPI(
        title="DiscAI",
        description=_ABOUT,
        version=version("discai"),
        docs_url=None,  # these pages load their scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
        exception_handlers={DiscaiError: _refuse, HTTPException: _no_such_address},
    )

    @app.post(
        "/predict",
        response_model=None,
        responses={200: {"model": PredictionFile, "description": "`prediction.json`"}, **_REFUSALS},
        openapi_extra=_BODY,
    )
    async def predict(
        request: Request,
        name: Annotated[str, Query(description="The file's name; its ending alone is used.")] = "",
        series: Annotated[str, Query(description="Of several, such as `2-t2`.")] = "",
    ) -> JSONResponse:
        """Reads one file; the answer comes when it is read."""
        return JSONResponse(await turns.predict(request, name, series))

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Says which model reads; the process answers once it is loaded."""
        return {
            "status": "ready",
            "modelVersion": model.model_version,
            "modelDigest": model.model_digest,
            "device": model.device,
        }

    return app


def _chosen(parts: tuple[Part, ...], series: str) -> Part:
    if len(parts) == 1 and not series:
        return parts[0]
    labels = [part.label or (part.series.label if part.series else "") for part in parts]
    if series in labels:
        return parts[labels.index(series)]
    listed = ", ".join(filter(None, labels)) or "no series of its own"
    if series:
        raise PermanentError("no-such-series", f"The file holds {listed}.")
    raise PermanentError(
        "several-series",
        f"The file holds {listed}; name one of them, as in ?series={labels[0]}.",
    )


async def _refuse(_: Request, error: Exception) -> JSONResponse:
    error = cast(DiscaiError, error)
    status = STATUS_OF_CODE.get(error.code, HTTPStatus.UNPROCESSABLE_ENTITY)
    body = ErrorBody(error=ApiError(code=error.code, message=error.message))
    headers = {"Retry-After": str(_RETRY_AFTER_SECONDS)} if error.code == "busy" else None
    return JSONResponse(body.model_dump(by_alias=True), status, headers)


async def _no_such_address(request: Request, _: Exception) -> JSONResponse:
    return await _refuse(request, PermanentError("no-such-address", "There is no such address."))


def _ignore(_step: Step, _done: int, _total: int) -> None:
    """Progress that is not shown."""
