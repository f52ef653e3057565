"""Files of an archive as they are spoken of: by their UIDs, which are identity.

Such a record lies in the bucket of uploads alone, beside the scans, and in no document or log.
"""

import re
import uuid
from typing import Annotated, Final, Protocol

from pydantic import StringConstraints

from discai.records.record import Record

#: Attribute of a message about a whole series: how many files the archive has of it.
SERIES_INSTANCES: Final = "seriesInstances"

_ROOT: Final = "2.25."
#: Of UUIDs that are made of what they stand for: RFC 9562, 5.8. DiscAI's results have such UIDs.
_OF_CONTENT: Final = 8
_UID: Final = r"[0-9][0-9.]{0,63}"
_RESOURCE: Final = re.compile(
    r"(?P<store>projects/[^/]+/locations/[^/]+/datasets/[^/]+/dicomStores/[^/]+)/dicomWeb"
    rf"/studies/(?P<study>{_UID})/series/(?P<series>{_UID})(?:/instances/(?P<uid>{_UID}))?"
)

Uid = Annotated[str, StringConstraints(pattern=f"^{_UID}$")]


class Address(Protocol):
    """The UIDs of a file, of its series and of its study."""

    @property
    def study(self) -> str:
        """The study's UID."""

    @property
    def series(self) -> str:
        """The series' UID."""

    @property
    def uid(self) -> str:
        """The file's own UID."""


class ArchivedSeries(Record):
    """A series in an archive; `store` is the archive's resource name."""

    store: str
    study: Uid
    series: Uid

    @property
    def resource(self) -> str:
        """The name by which the Healthcare API tells of it, which `archived` takes apart."""
        return f"{self.store}/dicomWeb/studies/{self.study}/series/{self.series}"

    def __repr__(self) -> str:
        """Nothing that a log could show."""
        return type(self).__name__ + "(…)"

    __str__ = __repr__


class ArchivedInstance(ArchivedSeries):
    """A file in an archive; `uid` is its own."""

    uid: Uid

    @property
    def resource(self) -> str:
        """The name by which the Healthcare API tells of it."""
        return f"{super().resource}/instances/{self.uid}"


def archived(resource: str) -> ArchivedInstance | ArchivedSeries | None:
    """The file or series of a resource name as the Healthcare API writes it; None for others."""
    found = _RESOURCE.fullmatch(resource)
    if found is None:
        return None
    names = found.groupdict()
    if names["uid"] is None:
        return ArchivedSeries(store=names["store"], study=names["study"], series=names["series"])
    return ArchivedInstance(**names)


def is_of_results(found: ArchivedSeries) -> bool:
    """Tell if the series is one that DiscAI itself has filed: its UID follows from what it says."""
    number = found.series.removeprefix(_ROOT)
    if number == found.series or not number.isdigit() or int(number) >= 1 << 128:
        return False
    made = uuid.UUID(int=int(number))
    return made.variant == uuid.RFC_4122 and made.version == _OF_CONTENT
