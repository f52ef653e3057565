"""Tells of what any DICOMweb archive stores: `uv run python -m discai.commands.watch_archive`.

For archives that tell nobody by themselves, as the Healthcare API does. It asks for the series of
the last days' studies again and again. One whose number of files is the same as at the last look is
told of whole, file by file and then as a series, and once more when it has grown. After a restart
all are told of again: functions take each file once.
"""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Protocol

from google.cloud import pubsub_v1
from pydantic import Field

from discai.cloud.archive_settings import ArchiveSettings
from discai.cloud.dicomweb import Archive, Instance, SeriesInArchive
from discai.cloud.environment import GoogleCloudProject
from discai.cloud.logs import configure_logs
from discai.cloud.retrying import retryable
from discai.errors import DiscaiError, PermanentError
from discai.records.archive import SERIES_INSTANCES, ArchivedInstance, ArchivedSeries

logger = logging.getLogger(__name__)

_MODALITY: Final = "MR"
_TIMEOUT_SECONDS: Final = 30.0

Message = tuple[str, dict[str, str]]
"""A resource name and what is said of it."""


class WatchSettings(ArchiveSettings):
    """The archive that is watched, and the topic that is told."""

    google_cloud_project: GoogleCloudProject
    archive_topic: str = Field(
        default="archive-instances",
        min_length=1,
        description="Short name of the Pub/Sub topic that is told of files in the archive.",
    )
    watch_days: int = Field(
        default=2, ge=1, description="Studies of so many days, today's included, are looked at."
    )
    watch_seconds: float = Field(
        default=10.0,
        gt=0,
        description="Seconds between two looks; a series that has not grown meanwhile is whole.",
    )


class Archived(Protocol):
    """An archive, as far as it is watched."""

    def studies_since(self, day: date) -> list[str]:
        """UIDs of the studies of that day and later ones."""

    def series_of(self, study: str) -> list[SeriesInArchive]:
        """All series of a study."""

    def instances(self, study: str, series: str) -> list[Instance]:
        """All files of a series."""


class ArchiveWatch:
    """Memory of what an archive had at the last look; `store` is its resource name in messages."""

    def __init__(self, archive: Archived, store: str) -> None:
        self._archive = archive
        self._store = store
        self._seen: dict[tuple[str, str], int] = {}
        self._told: dict[tuple[str, str], int] = {}

    def look(self, since: date, tell: Callable[[list[Message]], None]) -> None:
        """Tells of every series that is whole and has grown since it was told of.

        Raises `DiscaiError` where the archive or `tell` does; the next look goes on from there.
        """
        for study in self._archive.studies_since(since):
            for series in self._archive.series_of(study):
                if series.modality in ("", _MODALITY):
                    self._look_at(study, series, tell)

    def _look_at(
        self, study: str, series: SeriesInArchive, tell: Callable[[list[Message]], None]
    ) -> None:
        key = study, series.uid
        count = series.count or len(self._archive.instances(study, series.uid))
        is_quiet = self._seen.get(key) == count
        self._seen[key] = count
        if not is_quiet or self._told.get(key) == count:
            return
        files = self._archive.instances(study, series.uid)
        tell(list(self._messages(study, series, files)))
        self._told[key] = count
        logger.info("series told of", extra={"files": len(files)})

    def _messages(
        self, study: str, series: SeriesInArchive, files: list[Instance]
    ) -> Iterator[Message]:
        whole = ArchivedSeries(store=self._store, study=study, series=series.uid)
        attributes = {"action": "StoreInstances", "modality": series.modality}
        for each in files:
            found = ArchivedInstance(
                store=self._store, study=study, series=series.uid, uid=each.uid
            )
            yield found.resource, attributes
        yield whole.resource, {SERIES_INSTANCES: str(len(files))}


def publisher(project: str, topic: str) -> Callable[[list[Message]], None]:
    """Function that returns once messages are taken; raises `RetryableError` if they are not."""
    client: Any = pubsub_v1.PublisherClient()
    path = client.topic_path(project, topic)

    def tell(messages: list[Message]) -> None:
        with retryable("Pub/Sub"):
            taken = [
                client.publish(path, name.encode(), **attributes) for name, attributes in messages
            ]
            for each in taken:
                each.result(timeout=_TIMEOUT_SECONDS)

    return tell


def main() -> None:
    """Watches until it is ended; exits 1 with a sentence if it can't begin."""
    configure_logs()
    try:
        settings = WatchSettings.read()
        archive = Archive.connect(settings)
    except PermanentError as error:
        sys.exit(error.message)
    project = settings.google_cloud_project
    store = f"projects/{project}/locations/other/datasets/other/dicomStores/archive"
    watch = ArchiveWatch(archive, store)
    tell = publisher(project, settings.archive_topic)
    while True:
        since = datetime.now(UTC).date() - timedelta(days=settings.watch_days - 1)
        try:
            watch.look(since, tell)
        except DiscaiError as error:
            logger.warning(error.message, extra={"code": error.code})
        time.sleep(settings.watch_seconds)


if __name__ == "__main__":
    main()
