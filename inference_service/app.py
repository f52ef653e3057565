"""The worker's HTTP app: Pub/Sub pushes requests to it, Cloud Run asks how it is."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from discai.cloud.requests import AnyRequest
from discai.errors import DiscaiError, PermanentError, RetryableError
from inference_service.push import VerifyPush, request_of
from inference_service.work import about

logger = logging.getLogger(__name__)

STATUS_OF_CODE = {
    "busy": HTTPStatus.TOO_MANY_REQUESTS,
    "not-pubsub": HTTPStatus.FORBIDDEN,
    "malformed-push": HTTPStatus.BAD_REQUEST,
}


class Handler(Protocol):
    """Reader of scans and filer of results."""

    def handle(self, request: AnyRequest) -> None:
        """Returns when there is nothing left to do; raises if the request should come again."""

    def stop(self) -> None:
        """Hands back what is at work and takes nothing else."""


class Readiness(Protocol):
    """Loading of the model, which must end before the first scan is read at full speed."""

    @property
    def is_ready(self) -> bool:
        """Tell if it is loaded."""

    @property
    def version(self) -> str | None:
        """The model that serves."""

    @property
    def problem(self) -> str | None:
        """Reason why it is not the one in production, a sentence."""


class OneAtATime:
    """Takes one request at a time; another one waits for its turn, then is asked to come again."""

    def __init__(
        self,
        worker: Handler,
        model: Readiness,
        verify_push: VerifyPush,
        turn_seconds: float = 0.0,
    ) -> None:
        self._worker = worker
        self._model = model
        self._verify_push = verify_push
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="reading")
        self._turn = asyncio.Lock()
        self._turn_seconds = turn_seconds
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Ends the running request soon; for a signal handler in the event loop's thread."""
        asyncio.get_running_loop().call_soon_threadsafe(self._stopping.set)

    async def push(self, request: Request) -> Response:
        """`POST /`: 2xx when the request must not come again, anything else when it should."""
        try:
            if "origin" in request.headers:
                raise PermanentError("not-pubsub", "No web page may push.")
            await asyncio.to_thread(self._verify_push, request.headers.get("authorization"))
            order = request_of(await request.body())
        except DiscaiError as error:
            return _refusal(error)
        try:
            async with asyncio.timeout(self._turn_seconds):
                await self._turn.acquire()
        except TimeoutError:
            return _refusal(RetryableError("busy", "This worker is reading another scan."))
        try:
            return await self._read_or_stop(order)
        finally:
            self._turn.release()

    async def healthz(self, request: Request) -> Response:
        """`GET /healthz`: the process answers."""
        return JSONResponse({"status": "alive"})

    async def readyz(self, request: Request) -> Response:
        """`GET /readyz`: 200 once a model is loaded and warm, which it is from then on."""
        if self._model.is_ready:
            model = {"modelVersion": self._model.version, "problem": self._model.problem}
            return JSONResponse({"status": "ready", **model})
        return JSONResponse({"status": "loading"}, HTTPStatus.SERVICE_UNAVAILABLE)

    async def _read_or_stop(self, order: AnyRequest) -> Response:
        if self._stopping.is_set():
            return _refusal(RetryableError("stopping", "This worker is being stopped."))
        reading = asyncio.get_running_loop().run_in_executor(
            self._thread, self._worker.handle, order
        )
        stopping = asyncio.create_task(self._stopping.wait())
        ends: set[asyncio.Future[Any]] = {reading, stopping}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if not reading.done():
            await asyncio.to_thread(self._worker.stop)
            return _refusal(RetryableError("stopping", "This worker is being stopped."))
        stopping.cancel()
        return _answer(order, reading)


def create_app(
    worker: Handler, model: Readiness, verify_push: VerifyPush, turn_seconds: float = 0.0
) -> Starlette:
    """The app; its `state.one_at_a_time` is what a stop signal is told to."""
    one_at_a_time = OneAtATime(worker, model, verify_push, turn_seconds)
    app = Starlette(
        routes=[
            Route("/", one_at_a_time.push, methods=["POST"]),
            Route("/healthz", one_at_a_time.healthz),
            Route("/readyz", one_at_a_time.readyz),
        ]
    )
    app.state.one_at_a_time = one_at_a_time
    return app


def _answer(order: AnyRequest, reading: "asyncio.Future[None]") -> Response:
    try:
        reading.result()
    except PermanentError as error:
        logger.error(error.message, extra={**about(order), "code": error.code})
        return Response(status_code=HTTPStatus.NO_CONTENT)
    except RetryableError as error:
        logger.warning(error.message, extra={**about(order), "code": error.code})
        return _refusal(error)
    except Exception:
        logger.exception("the reading broke off", extra=about(order))
        raise
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _refusal(error: DiscaiError) -> Response:
    status = STATUS_OF_CODE.get(error.code, HTTPStatus.SERVICE_UNAVAILABLE)
    return JSONResponse({"error": {"code": error.code, "message": error.message}}, status)
