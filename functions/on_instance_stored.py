"""An archive has stored a file: take it as a loose slice, whose address lies in the archive.

The message is the one that the Healthcare API sends, its data the resource name of the file:
https://cloud.google.com/healthcare-api/docs/dicom-pubsub. No pixels are looked at, and nothing of
the name, which holds UIDs, goes into documents or logs.
"""

import base64
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from discai.cloud import paths
from discai.cloud.archived import address_of
from discai.cloud.gathers import GatherRepository
from discai.cloud.objects import ObjectStore
from discai.cloud.scans import ScanRepository
from discai.errors import PermanentError
from discai.records.archive import (
    SERIES_INSTANCES,
    ArchivedInstance,
    ArchivedSeries,
    archived,
    is_of_results,
)
from discai.records.keys import Identity, Keys
from functions.events import MALFORMED_EVENT
from functions.gathering import Gathering, NoSecretError

logger = logging.getLogger(__name__)

#: Kinds of files that show no slice: reports, presentation states, segmentations, plans.
_WITHOUT_SLICES: Final = frozenset(
    {"AU", "DOC", "ECG", "FID", "KO", "PLAN", "PR", "REG", "RTPLAN", "RTSTRUCT", "RWV", "SEG", "SR"}
)


@dataclass(frozen=True)
class Arrivals:
    """Takes what an archive stores: what DiscAI itself has filed there is no news."""

    gathering: Gathering
    gathers: GatherRepository
    scans: ScanRepository
    objects: ObjectStore
    uploads_bucket: str

    def take(self, instance: ArchivedInstance, modality: str | None) -> None:
        """Gathers a file as a slice of its series, once however often it is told of.

        Raises `NoSecretError` where there are no keys.
        """
        key = self._key(instance)
        if is_of_results(instance) or self.scans.is_forgotten(key):
            return
        address = self.objects.keep(
            self.uploads_bucket,
            address_of(instance, self._keys),
            instance.model_dump_json(by_alias=True).encode(),
            "application/json",
        )
        is_image = modality not in _WITHOUT_SLICES
        study = self._keys.of(Identity(study=instance.study), address).study_key
        self.gathers.add(key, paths.ARCHIVE, address, is_image=is_image, study_key=study)
        self.gathering.close_whole(key)

    def take_whole(self, series: ArchivedSeries, count: int) -> None:
        """Makes a scan of a series that is whole, once all its files have been told of."""
        key = self._key(series)
        self.gathers.expect(key, count)
        self.gathering.close_whole(key)

    def _key(self, series: ArchivedSeries) -> str:
        return self._keys.of_slices(series.store, paths.ARCHIVE, series.series)

    @property
    def _keys(self) -> Keys:
        if self.gathering.keys is None:
            raise NoSecretError
        return self.gathering.keys


def on_instance_stored(data: Mapping[str, Any], arrivals: Arrivals) -> None:
    """Gathers the file that a Pub/Sub `messagePublished` names, or makes a scan of its series.

    Raises `PermanentError` for a message of nothing that an archive stores.
    """
    found, attributes = _told(data)
    if str(attributes.get("action", "")).startswith("Delete"):
        return  # a scan keeps what was read; what isn't read yet says that it is gone
    if isinstance(found, ArchivedInstance):
        arrivals.take(found, attributes.get("modality"))
    else:
        arrivals.take_whole(found, _count(attributes))


def _told(data: Mapping[str, Any]) -> tuple[ArchivedInstance | ArchivedSeries, Mapping[str, Any]]:
    try:
        message = data["message"]
        resource = base64.b64decode(message["data"], validate=True).decode("ascii")
        attributes = message.get("attributes") or {}
        found = archived(resource)
    except (AttributeError, KeyError, TypeError, ValueError):
        found, attributes = None, {}
    if found is None or not isinstance(attributes, Mapping):
        raise PermanentError(MALFORMED_EVENT, "The message names nothing in an archive.")
    return found, attributes


def _count(attributes: Mapping[str, Any]) -> int:
    said = str(attributes.get(SERIES_INSTANCES, ""))
    if not said.isdigit():
        raise PermanentError(MALFORMED_EVENT, "The message doesn't say how large a series is.")
    return int(said)
