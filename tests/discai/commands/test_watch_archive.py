"""A watch of an archive tells of each whole series once, and again when it has grown."""

from datetime import date

import pytest

from discai.cloud.dicomweb import Instance, SeriesInArchive
from discai.commands.watch_archive import ArchiveWatch, Message, WatchSettings
from discai.errors import PermanentError, RetryableError
from discai.records.archive import ArchivedInstance, ArchivedSeries, archived

STORE = "projects/p/locations/other/datasets/other/dicomStores/archive"
TODAY = date(2026, 11, 30)


class Archive:
    """One study of two series; it may not say how many files they have."""

    def __init__(self) -> None:
        self.files = {"1.3": ["1.4"], "1.9": ["1.10"]}
        self.counts = True
        self.is_away = False

    def studies_since(self, day: date) -> list[str]:
        if self.is_away:
            raise RetryableError("unavailable", "The archive does not answer at the moment.")
        return ["1.2"] if day <= TODAY else []

    def series_of(self, study: str) -> list[SeriesInArchive]:
        modalities = {"1.3": "MR", "1.9": "SR"}
        return [
            SeriesInArchive(uid, modalities[uid], len(files) if self.counts else None)
            for uid, files in self.files.items()
        ]

    def instances(self, study: str, series: str) -> list[Instance]:
        return [Instance(study, series, uid) for uid in self.files[series]]


@pytest.fixture
def archive() -> Archive:
    return Archive()


@pytest.fixture
def watch(archive) -> ArchiveWatch:
    return ArchiveWatch(archive, STORE)


def looked(watch: ArchiveWatch) -> list[object]:
    """What one look tells of."""
    told: list[Message] = []
    watch.look(TODAY, told.extend)
    return [archived(name) for name, _ in told]


@pytest.mark.parametrize("counts", [True, False])
def test_a_series_is_told_of_once_it_no_longer_grows(archive, watch, counts):
    archive.counts = counts
    assert looked(watch) == []
    archive.files["1.3"].append("1.5")
    assert looked(watch) == []
    names = {"store": STORE, "study": "1.2", "series": "1.3"}
    assert looked(watch) == [
        ArchivedInstance(**names, uid="1.4"),
        ArchivedInstance(**names, uid="1.5"),
        ArchivedSeries(**names),
    ]
    assert looked(watch) == []
    archive.files["1.3"].append("1.6")
    assert looked(watch) == []
    assert len(looked(watch)) == 4


def test_the_size_of_the_series_and_its_modality_are_said(watch):
    told: list[Message] = []
    watch.look(TODAY, told.extend)
    watch.look(TODAY, told.extend)
    assert [said for _, said in told] == [
        {"action": "StoreInstances", "modality": "MR"},
        {"seriesInstances": "1"},
    ]


def test_what_could_not_be_told_is_told_at_the_next_look(archive, watch):
    def fail(_: list[Message]) -> None:
        raise RetryableError("unavailable", "Pub/Sub does not answer at the moment.")

    looked(watch)
    with pytest.raises(RetryableError):
        watch.look(TODAY, fail)
    archive.is_away = True
    with pytest.raises(RetryableError):
        looked(watch)
    archive.is_away = False
    assert len(looked(watch)) == 2


def test_settings_are_those_of_the_archive_and_a_topic(monkeypatch):
    monkeypatch.setenv("DICOMWEB_URL", "https://archive.example/dicom-web")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "demo")
    monkeypatch.setenv("ARCHIVE_TOPIC", "stored")
    monkeypatch.setenv("WATCH_DAYS", "7")
    settings = WatchSettings.read()
    assert (settings.archive_topic, settings.watch_days, settings.watch_seconds) == (
        "stored",
        7,
        10.0,
    )
    monkeypatch.setenv("WATCH_DAYS", "0")
    with pytest.raises(PermanentError, match="WATCH_DAYS"):
        WatchSettings.read()
