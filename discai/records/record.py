"""`Record`, which all documents and their parts are, and what several of them tell."""

from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

#: Ids of scans: `discai.cloud.paths.scan_id` makes them.
SCAN_ID_PATTERN: Final = r"^[a-z2-7]{26}$"
#: Keys of studies, patients and frames of reference: `discai.records.keys.Keys` makes them.
KEY_PATTERN: Final = r"^[a-z2-7]{26}$"


class Record(BaseModel):
    """A document or a part of one; unknown fields are kept out, values are frozen."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore"
    )

    def to_document(self) -> dict[str, Any]:
        """The document as Firestore stores it: camelCase keys, datetimes as they are."""
        return self.model_dump(by_alias=True)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """The record of a stored document; raises `pydantic.ValidationError` if it is malformed."""
        return cls.model_validate(document)


class Failure(Record):
    """Reason why a scan failed: a code for programs, a sentence for people."""

    code: str
    message: str
