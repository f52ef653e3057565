"""Requests and responses of the web app's api, for its pages and for `discai upload`.

Its description (`/api/openapi.json`, `docs/api.md`) and the web app's types are made from them.
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from discai.anatomy import Level
from discai.records.record import Record
from discai.records.scans import SCAN_MAX_BYTES

#: The type of the error that a malformed order has.
MALFORMED: Final = "malformed-order"

#: UTC with its offset spelled out: `2026-11-29T12:00:00+00:00`.
Moment = Annotated[
    datetime,
    PlainSerializer(datetime.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


def _number(value: Any) -> Any:
    if isinstance(value, bool | str):
        raise ValueError("pydantic would make a number of this")
    return value


#: 4 or 4.0, as JSON Schema has it; neither `true` nor `"4"`.
WholeNumber = Annotated[int, BeforeValidator(_number)]


class Order(Record):
    """The body of a call.

    Attributes:
        malformed: the one sentence that a `pydantic.ValidationError` has, whatever is wrong.
    """

    malformed: ClassVar[str]

    @model_validator(mode="wrap")
    @classmethod
    def _in_one_sentence(cls, value: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return validate(value)
        except ValidationError as error:
            raise PydanticCustomError(MALFORMED, cls.malformed) from error


class UploadOrder(Order):
    """A file that shall be uploaded."""

    malformed = "An upload needs a fileName, a size above 0 and a contentType."

    file_name: str = Field(
        min_length=1,
        max_length=1024,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="The file's own name, in any alphabet, which the worklist shows.",
    )
    size: WholeNumber = Field(
        gt=0,
        description=f"Bytes; at most {SCAN_MAX_BYTES // 2**30} GiB.",
        json_schema_extra={"maximum": SCAN_MAX_BYTES},
    )
    content_type: str = Field(
        default="",
        max_length=255,
        pattern=r"^([A-Za-z0-9_.+-]+/[A-Za-z0-9_.+-]+)?$",
        description="Such as `application/dicom`; `application/octet-stream` if empty.",
    )


class UploadSession(Record):
    """A resumable upload to Cloud Storage, which needs no token."""

    upload_url: str = Field(description="Takes the bytes by `PUT`, in chunks or at once.")
    bucket: str = Field(description="Where the object will be.")
    object_name: str = Field(description="Its name there, which the api chose.")


class ArtifactUrls(Record):
    """Signed URLs of the pictures that one model made of one scan; they need no token."""

    expires_at: Moment = Field(description="Until when they open.")
    pictures: str | None = Field(
        description="All slices and masks in one ZIP, whose bytes the prediction's `pictureBytes` "
        "tells; null for what was read before there was one."
    )
    slices: list[str] = Field(
        description="Without `pictures`, a PNG of each slice, by its number; empty otherwise."
    )
    masks: list[str] = Field(description="In the same way, the slices' masks, a PNG each.")


class FileUrl(Record):
    """A signed URL of one file, good for 15 minutes; it needs no token."""

    url: str = Field(description="Opens the file by `GET`.")


class ReportLine(Record):
    """A finding in a sentence."""

    text: str = Field(description="A sentence or a few.")
    by: Literal["reviewer", "model"] = Field(
        description="Whose word it is; a model's is marked in the text until somebody judges it."
    )
    level: Level | None = Field(description="The disc; null for what is said of the whole spine.")


class ScanReport(Record):
    """A report of a scan, from the head down."""

    findings: list[ReportLine] = Field(description="Of each disc, then of the spine.")
    remarks: list[str] = Field(description="Warnings of the model, and what its measures are.")


class RetriedScan(Record):
    """A scan that is in the queue again."""

    scan_id: str = Field(description="As in the path.")


class ProductionModel(Record):
    """The model that is in production now."""

    model_version: str = Field(description="As in the path.")


class RereadOrder(Order):
    """Number of scans to read again."""

    malformed = "Between 1 and 100 scans can be read again at a time."

    count: WholeNumber = Field(ge=1, le=100, description="The newest that the model has not read.")


class RereadReceipt(Record):
    """Number of scans that will be read again."""

    count: int = Field(description="Fewer than ordered where the model has read the others.")


class ApiError(Record):
    """Reason why a call was refused."""

    code: str = Field(description="For programs.")
    message: str = Field(description="A sentence for people.")


class ErrorBody(Record):
    """Says that a call was refused, and why."""

    error: ApiError = Field(description="What went wrong.")
