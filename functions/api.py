"""The web app's api: uploads, a scan's artifacts, another try, and what administrators do."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

import pydantic
from flask import Request, Response, jsonify
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from discai.cloud.objects import ObjectStore
from discai.cloud.paths import upload_name
from discai.cloud.production import ProductionRepository
from discai.cloud.publisher import InferencePublisher
from discai.cloud.rereading import RereadRepository
from discai.cloud.reviewers import Reviewers
from discai.cloud.scans import ScanRepository
from discai.cloud.signing import LIFETIME, UrlSigner
from discai.errors import DiscaiError, PermanentError, RetryableError
from discai.records.scans import SCAN_MAX_BYTES, Prediction
from functions.identity import Caller, VerifyToken, authenticate
from functions.settings import Settings

logger = logging.getLogger(__name__)

STATUS_OF_CODE: Final = {
    "not-signed-in": HTTPStatus.UNAUTHORIZED,
    "not-a-reviewer": HTTPStatus.FORBIDDEN,
    "not-an-admin": HTTPStatus.FORBIDDEN,
    "not-found": HTTPStatus.NOT_FOUND,
    "not-retryable": HTTPStatus.CONFLICT,
    "unknown-model": HTTPStatus.NOT_FOUND,
    "not-in-history": HTTPStatus.CONFLICT,
    "not-in-production": HTTPStatus.CONFLICT,
    "too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}

#: Firebase Hosting hands calls on with the path under which the page made them.
HOSTING_PREFIX: Final = "/api"

ROUTES: Final = Map(
    [
        Rule("/uploads", methods=["POST"], endpoint="start_upload"),
        Rule(
            "/scans/<scan_id>/predictions/<model_version>/artifacts",
            methods=["GET"],
            endpoint="artifacts",
        ),
        Rule(
            "/scans/<scan_id>/predictions/<model_version>/thumbnail",
            methods=["GET"],
            endpoint="thumbnail",
        ),
        Rule("/scans/<scan_id>/retry", methods=["POST"], endpoint="retry"),
        Rule("/models/<model_version>/rollback", methods=["POST"], endpoint="roll_back"),
        Rule("/models/<model_version>/read-again", methods=["POST"], endpoint="read_again"),
    ]
)


class UploadOrder(pydantic.BaseModel):
    """The body of `POST /uploads`."""

    file_name: str = pydantic.Field(alias="fileName", min_length=1, max_length=1024)
    size: int = pydantic.Field(gt=0)
    content_type: str = pydantic.Field(
        alias="contentType", default="", max_length=255, pattern=r"^([\w.+-]+/[\w.+-]+)?$"
    )


class RereadOrder(pydantic.BaseModel):
    """The body of `POST /models/{version}/read-again`: how many scans."""

    count: int = pydantic.Field(ge=1, le=100)


@dataclass(frozen=True)
class Api:
    """Answers one request at a time with the collaborators that it is given."""

    settings: Settings
    scans: ScanRepository
    rereads: RereadRepository
    objects: ObjectStore
    signer: UrlSigner
    publisher: InferencePublisher
    production: ProductionRepository
    reviewers: Reviewers
    verify_token: VerifyToken

    def __call__(self, request: Request) -> Response:
        """The answer, with CORS headers for the web app's origin and no other."""
        if request.method == "OPTIONS":
            answer = Response(status=HTTPStatus.NO_CONTENT)
        else:
            answer = self._answer(request)
        answer.headers["Vary"] = "Origin"
        answer.headers["Cache-Control"] = "no-store"
        if request.headers.get("Origin") == self.settings.web_origin:
            answer.headers["Access-Control-Allow-Origin"] = self.settings.web_origin
            answer.headers["Access-Control-Allow-Headers"] = "authorization, content-type"
            answer.headers["Access-Control-Allow-Methods"] = "GET, POST"
            answer.headers["Access-Control-Max-Age"] = "3600"
        return answer

    def _answer(self, request: Request) -> Response:
        try:
            caller = authenticate(
                request.headers.get("Authorization"), self.verify_token, self.reviewers
            )
            return self._dispatch(request, caller)
        except HTTPException as error:
            return _refusal(error.code or 500, "not-found", "There is no such address.")
        except RetryableError as error:
            logger.warning("unavailable", extra={"code": error.code})
            return _refusal(HTTPStatus.SERVICE_UNAVAILABLE, error.code, error.message)
        except DiscaiError as error:
            status = STATUS_OF_CODE.get(error.code, HTTPStatus.BAD_REQUEST)
            return _refusal(status, error.code, error.message)
        except Exception:
            logger.exception("a call failed")  # the answer below still needs its CORS headers
            message = "Something went wrong on our side; please try again."
            return _refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", message)

    def _dispatch(self, request: Request, caller: Caller) -> Response:
        path = request.path.removeprefix(HOSTING_PREFIX)
        match ROUTES.bind("").match(path, method=request.method):
            case "artifacts", {"scan_id": scan_id, "model_version": model_version}:
                return self.artifacts(scan_id, model_version)
            case "thumbnail", {"scan_id": scan_id, "model_version": model_version}:
                return self.thumbnail(scan_id, model_version)
            case "retry", {"scan_id": scan_id}:
                return self.retry(scan_id, caller)
            case "roll_back", {"model_version": model_version}:
                return self.roll_back(model_version, caller)
            case "read_again", {"model_version": model_version}:
                return self.read_again(model_version, request.get_json(silent=True), caller)
            case _:
                return self.start_upload(_order(request.get_json(silent=True)), caller)

    def start_upload(self, order: UploadOrder, caller: Caller) -> Response:
        """A resumable session for one new object whose name the server chose."""
        name = upload_name(order.file_name)
        url = self.objects.start_upload(
            self.settings.uploads_bucket,
            name,
            size=order.size,
            content_type=order.content_type or "application/octet-stream",
            origin=self.settings.web_origin,
            metadata={"uploadedBy": caller.email, "fileName": order.file_name},
        )
        logger.info("upload started", extra={"bytes": order.size})
        body = {
            "uploadUrl": url,
            "bucket": self.settings.uploads_bucket,
            "objectName": name,
        }
        return _json(HTTPStatus.CREATED, body)

    def artifacts(self, scan_id: str, model_version: str) -> Response:
        """Signed URLs of everything that one model made of one scan."""
        prediction = self._prediction(scan_id, model_version)
        names, count = prediction.artifacts, prediction.slice_count
        pictures = [
            template.format(index)
            for template in (names.slices, names.masks, names.overlays)
            for index in range(count)
        ]
        expires = datetime.now(UTC) + LIFETIME
        urls = self.signer.sign(
            self.settings.results_bucket, [*pictures, names.segmentation, names.prediction]
        )
        body = {
            "expiresAt": expires.isoformat(),
            "slices": urls[:count],
            "masks": urls[count : 2 * count],
            "overlays": urls[2 * count : 3 * count],
            "segmentation": urls[-2],
            "prediction": urls[-1],
        }
        return _json(HTTPStatus.OK, body)

    def thumbnail(self, scan_id: str, model_version: str) -> Response:
        """A signed URL of the key slice with its discs: one signature for one row."""
        prediction = self._prediction(scan_id, model_version)
        overlay = prediction.artifacts.overlays.format(prediction.key_slice)
        [url] = self.signer.sign(self.settings.results_bucket, [overlay])
        return _json(HTTPStatus.OK, {"url": url})

    def retry(self, scan_id: str, caller: Caller) -> Response:
        """Puts a failed or dead scan back into the queue."""
        self.publisher.publish(self.scans.requeue(scan_id, by=caller.email))
        logger.info("scan retried", extra={"scanId": scan_id})
        return _json(HTTPStatus.ACCEPTED, {"scanId": scan_id})

    def roll_back(self, model_version: str, caller: Caller) -> Response:
        """Points production back at a version that was there before; for administrators."""
        _check_admin(caller)
        pointer = self.production.roll_back(model_version, by=caller.email)
        logger.warning("rolled back", extra={"modelVersion": model_version})
        return _json(HTTPStatus.OK, {"modelVersion": pointer.model_version})

    def read_again(self, model_version: str, body: Any, caller: Caller) -> Response:
        """Has the newest scans that it has not read read by the model in production.

        For administrators; what an earlier call could not ask for is asked for again.
        """
        _check_admin(caller)
        try:
            count = RereadOrder.model_validate(body).count
        except pydantic.ValidationError as error:
            message = "Between 1 and 100 scans can be read again at a time."
            raise PermanentError("bad-request", message) from error
        requests = self.rereads.order(model_version, count, by=caller.email)
        for request in requests:
            self.publisher.publish(request)
        logger.info("read again", extra={"modelVersion": model_version, "scans": len(requests)})
        return _json(HTTPStatus.ACCEPTED, {"count": len(requests)})

    def _prediction(self, scan_id: str, model_version: str) -> Prediction:
        prediction = self.scans.prediction(scan_id, model_version)
        if prediction is None:
            raise PermanentError("not-found", "This model has not read this scan.")
        return prediction


def _check_admin(caller: Caller) -> None:
    if caller.role != "admin":
        raise PermanentError("not-an-admin", "Only an administrator can do this.")


def _order(body: Any) -> UploadOrder:
    try:
        order = UploadOrder.model_validate(body)
    except pydantic.ValidationError as error:
        raise PermanentError(
            "bad-request", "An upload needs a fileName, a size above 0 and a contentType."
        ) from error
    if order.size > SCAN_MAX_BYTES:
        most = SCAN_MAX_BYTES // 2**30
        raise PermanentError("too-large", f"A scan may be at most {most} GiB.")
    return order


def _json(status: HTTPStatus, body: dict[str, Any]) -> Response:
    answer = jsonify(body)
    answer.status_code = status
    return answer


def _refusal(status: int, code: str, message: str) -> Response:
    answer = jsonify({"error": {"code": code, "message": message}})
    answer.status_code = status
    return answer
