"""The calls of the api, each a short function over repositories."""

from dataclasses import asdict
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Path

from discai.cloud.paths import upload_name
from discai.cloud.signing import LIFETIME
from discai.errors import PermanentError
from discai.manifest import MODEL_VERSION_PATTERN
from discai.records.api import (
    ArtifactUrls,
    FileUrl,
    ProductionModel,
    ReportLine,
    RereadOrder,
    RereadReceipt,
    RetriedScan,
    ScanReport,
    UploadOrder,
    UploadSession,
)
from discai.records.record import SCAN_ID_PATTERN
from discai.records.scans import SCAN_MAX_BYTES, Prediction
from discai.records.verdict import answers_of, verdict
from discai.report import RESEARCH_USE, write_report
from functions.api.access import log_access
from functions.api.dependencies import Administrator, Collaborators, Given, Reviewer
from functions.api.refusals import described

router = APIRouter()

ScanId = Annotated[
    str,
    Path(alias="scanId", pattern=SCAN_ID_PATTERN, description="The id of the scan's document."),
]
ModelVersion = Annotated[
    str,
    Path(
        alias="modelVersion",
        pattern=MODEL_VERSION_PATTERN,
        description="The model's version, such as `2026-11-30`.",
    ),
]
ResultFile = Annotated[
    Literal["segmentation.mha", "prediction.json"],
    Path(description="The file's name: the mask of the whole volume, or the reading."),
]


@router.post(
    "/uploads",
    status_code=HTTPStatus.CREATED,
    response_description="Where the file's bytes go",
    responses=described("bad-request", "too-large"),
    tags=["Scans"],
)
def start_upload(order: UploadOrder, caller: Reviewer, given: Given) -> UploadSession:
    """Starts a resumable upload of one scan, under a name that nobody can guess."""
    if order.size > SCAN_MAX_BYTES:
        most = SCAN_MAX_BYTES // 2**30
        raise PermanentError("too-large", f"A scan may be at most {most} GiB.")
    name = upload_name(order.file_name)
    url = given.objects.start_upload(
        given.settings.uploads_bucket,
        name,
        size=order.size,
        content_type=order.content_type or "application/octet-stream",
        origin=given.settings.web_origin,
        metadata={"uploadedBy": caller.email, "fileName": order.file_name},
    )
    log_access(caller, "upload started", bytes=order.size)
    return UploadSession(upload_url=url, bucket=given.settings.uploads_bucket, object_name=name)


@router.get(
    "/scans/{scanId}/predictions/{modelVersion}/artifacts",
    response_description="Where the pictures are",
    responses=described("not-found"),
    tags=["Scans"],
)
def artifacts(
    scan_id: ScanId, model_version: ModelVersion, caller: Reviewer, given: Given
) -> ArtifactUrls:
    """Signs the URL of all pictures that a page shows of one scan, good for 15 minutes.

    What was read before they were one file has a URL for each.
    """
    prediction = _prediction(given, scan_id, model_version)
    names, count = prediction.artifacts, prediction.slice_count
    kinds = [kind for kind in (names.pictures, names.slices, names.masks) if kind]
    files = kinds if names.pictures else [kind.format(n) for kind in kinds for n in range(count)]
    expires = datetime.now(UTC) + LIFETIME
    urls = given.signer.sign(given.settings.results_bucket, files)
    log_access(caller, "artifacts signed", **_looked_at(given, scan_id), signed=kinds, slices=count)
    if names.pictures:
        return ArtifactUrls(expires_at=expires, pictures=urls[0], slices=[], masks=[])
    return ArtifactUrls(expires_at=expires, pictures=None, slices=urls[:count], masks=urls[count:])


@router.get(
    "/scans/{scanId}/predictions/{modelVersion}/files/{file}",
    response_description="The file's URL",
    responses=described("not-found"),
    tags=["Scans"],
)
def file(
    scan_id: ScanId, model_version: ModelVersion, file: ResultFile, caller: Reviewer, given: Given
) -> FileUrl:
    """Signs the URL of one file for people: the mask of the whole volume, or the reading."""
    names = _prediction(given, scan_id, model_version).artifacts
    name = names.segmentation if file == "segmentation.mha" else names.prediction
    [url] = given.signer.sign(given.settings.results_bucket, [name])
    log_access(caller, "file signed", **_looked_at(given, scan_id), signed=[name])
    return FileUrl(url=url)


@router.get(
    "/scans/{scanId}/predictions/{modelVersion}/thumbnail",
    response_description="The picture's URL",
    responses=described("not-found"),
    tags=["Scans"],
)
def thumbnail(
    scan_id: ScanId, model_version: ModelVersion, caller: Reviewer, given: Given
) -> FileUrl:
    """Signs the URL of the key slice with its discs, small: one signature for a row of a list.

    What was read before thumbnails were stored has the whole picture in its place.
    """
    prediction = _prediction(given, scan_id, model_version)
    names = prediction.artifacts
    picture = names.thumbnail or (names.overlays or "").format(prediction.key_slice)
    if not picture:
        raise PermanentError("not-found", "There is no small picture of this scan.")
    [url] = given.signer.sign(given.settings.results_bucket, [picture])
    log_access(caller, "thumbnail signed", **_looked_at(given, scan_id), signed=[picture])
    return FileUrl(url=url)


@router.get(
    "/scans/{scanId}/predictions/{modelVersion}/report",
    response_description="Its sentences",
    responses=described("not-found"),
    tags=["Scans"],
)
def report(
    scan_id: ScanId, model_version: ModelVersion, caller: Reviewer, given: Given
) -> ScanReport:
    """Writes the report of a scan: the model's measures, and the answers of the label that counts.

    What no reviewer has judged is the model's word, and marked as such.
    """
    prediction = _prediction(given, scan_id, model_version)
    counted = verdict(given.labels.of_scan(scan_id).labels)
    judged = answers_of(counted) if counted else {}
    graded = counted.gradings if counted else {}
    written = write_report(prediction, prediction.herniation_threshold, judged, graded)
    log_access(caller, "report written", **_looked_at(given, scan_id))
    return ScanReport(
        findings=[ReportLine(**asdict(line)) for line in written.findings],
        remarks=[*written.remarks, RESEARCH_USE],
    )


@router.post(
    "/scans/{scanId}/retry",
    status_code=HTTPStatus.ACCEPTED,
    response_description="The scan is in the queue",
    responses=described("not-found", "not-retryable"),
    tags=["Scans"],
)
def retry(scan_id: ScanId, caller: Reviewer, given: Given) -> RetriedScan:
    """Puts a failed or dead scan back into the queue."""
    given.publisher.publish(given.scans.requeue(scan_id, by=caller.email))
    log_access(caller, "scan retried", scanId=scan_id)
    return RetriedScan(scan_id=scan_id)


@router.post(
    "/models/{modelVersion}/rollback",
    response_description="The model is in production",
    responses=described("not-an-admin", "not-found", "unknown-model", "not-in-history"),
    tags=["Models"],
)
def roll_back(model_version: ModelVersion, caller: Administrator, given: Given) -> ProductionModel:
    """Puts a model that was in production before back into production."""
    pointer = given.production.roll_back(model_version, by=caller.email)
    log_access(caller, "rolled back", modelVersion=model_version)
    return ProductionModel(model_version=pointer.model_version)


@router.post(
    "/models/{modelVersion}/read-again",
    status_code=HTTPStatus.ACCEPTED,
    response_description="So many scans are in the queue",
    responses=described("bad-request", "not-an-admin", "not-found", "not-in-production"),
    tags=["Models"],
)
def read_again(
    model_version: ModelVersion, order: RereadOrder, caller: Administrator, given: Given
) -> RereadReceipt:
    """Asks the model in production to read the newest scans that it has not read yet.

    The same call again asks for those that still wait, too.
    """
    requests = given.rereads.order(model_version, order.count, by=caller.email)
    for request in requests:
        given.publisher.publish(request)
    log_access(caller, "read again", modelVersion=model_version, scans=len(requests))
    return RereadReceipt(count=len(requests))


def _prediction(given: Collaborators, scan_id: str, model_version: str) -> Prediction:
    prediction = given.scans.prediction(scan_id, model_version)
    if prediction is None:
        raise PermanentError("not-found", "This model has not read this scan.")
    return prediction


def _looked_at(given: Collaborators, scan_id: str) -> dict[str, str | None]:
    """The scan and its study, as the log of accesses names them."""
    scan = given.scans.get(scan_id)
    return {"scanId": scan_id, "studyKey": scan.study_key if scan else None}
