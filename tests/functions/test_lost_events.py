"""All events of three days are lost, and the functions are down: then the sweep takes everything.

Each upload, slice, series of an archive and label once, in parts that don't depend on how much
there is; and nothing twice when events of that time come after all.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from discai.cloud import paths
from discai.cloud.database import Put
from discai.cloud.documents import Document
from discai.cloud.filing import FilingOrders, FilingRepository
from discai.cloud.gathers import GatherRepository
from discai.cloud.labels import LabelRepository
from discai.cloud.objects import Upload
from discai.cloud.rereading import RereadRepository
from discai.cloud.retraining import RetrainingRepository
from discai.cloud.scans import ScanRepository
from discai.cloud.series import as_metadata
from discai.cloud.studies import StudyRepository
from discai.records.filing import FilingRequest
from discai.records.keys import Keys
from discai.records.models import Reconciled
from discai.records.scans import InferenceRequest, Label, LabelledBox, StoredObject
from discai.records.study import SeriesFacts, StudyOfScan
from functions import gathering, reconciliation
from functions.gathering import Gathering
from functions.on_label_created import on_label_created
from functions.on_scan_uploaded import on_scan_uploaded
from functions.reconciliation import Reconciliation
from functions.retraining import Retraining
from tests.support.fakes import FakePublisher, FakeSubmitter
from tests.support.memory_database import MemoryDatabase
from tests.support.memory_objects import MemoryObjects
from tests.support.records import prediction_of, queued_scan
from tests.support.scan_files import dicom_bytes
from tests.support.storm import event_of
from tests.support.studies.drawing import acquisition

DAYS = 3
HOURS = 24 * DAYS
HOUR = timedelta(hours=1)
STUDY = "k" * 26
FACTS = SeriesFacts(number=1, digest="0" * 32)
BOX = LabelledBox(x=1, y=2, width=4, height=8, level="L5-S1", herniation=True)


class Outage:
    """A cloud in which no event of three days came to a function; `run` is a call of the clock."""

    def __init__(self) -> None:
        self.database, self.objects = MemoryDatabase(), MemoryObjects()
        self.publisher = FakePublisher()
        self.scans = ScanRepository(self.database)
        self.labels = LabelRepository(self.database, self.objects, "results")
        self.studies = StudyRepository(self.database, self.labels)
        self.filing = FilingOrders(FilingRepository(self.database), self.publisher, "drafts")
        self.submitter = FakeSubmitter()
        runs = RetrainingRepository(self.database, threshold=HOURS, configured=True)
        self.retraining = Retraining(runs, self.submitter)
        self.gathering = Gathering(GatherRepository(self.database), self.objects, Keys("k" * 32))
        self.sweep = Reconciliation(
            Document(self.database, paths.RECONCILED, Reconciled),
            self.labels,
            self.studies,
            self.scans,
            RereadRepository(self.database),
            self.publisher,
            self.objects,
            "uploads",
            self.gathering,
            self.filing,
        )
        self.labelled: list[str] = []
        for hour in range(HOURS):
            self._upload(f"{hour:03d}/a.mha", hour, {"uploadedBy": "r@clinic.org"})
            self._label(hour)
        parent = paths.scan_id("uploads", "000/a.mha", 1)
        place = StudyOfScan(study_key=STUDY, parent=parent, series=FACTS)
        self._upload("000/a.mha/.series/1-abc.zip", 1, as_metadata(place))
        for number in range(4):
            name = f"copied/IM{number}"
            self.objects.heads[name, 1] = dicom_bytes(acquisition("T2", count=4)[number])
            self._upload(name, 2, {})

    def run(self) -> None:
        self.sweep.run()
        self.retraining.on_schedule()
        self.gathering.close_quiet()
        known = {upload.object.name for upload in self.objects.uploads}
        for bucket, name in self.objects.files:
            if bucket == "uploads" and name not in known:  # its event is lost, too
                self._upload(name, HOURS, self.objects.marks[bucket, name])

    def late_events(self) -> None:
        """What Pub/Sub may still have."""
        for upload in self.objects.uploads:
            resource = {**upload.object.model_dump(), "metadata": upload.metadata}
            on_scan_uploaded(resource, self.scans, self.publisher, self.gathering)
        for label in self.labelled:
            name = f"projects/p/databases/(default)/documents/{label}"
            orders = (self.filing, self.retraining)
            on_label_created(event_of(name), self.labels, self.studies, *orders)

    def _upload(self, name: str, hour: int, metadata: dict[str, str]) -> None:
        stored = StoredObject(bucket="uploads", name=name, generation=1, size=1)
        self.objects.uploads.append(Upload(stored, self._at(hour), metadata))

    def _label(self, hour: int) -> None:
        """A label of a scan that was read before all that."""
        scan = paths.scan_id("uploads", f"earlier/{hour}.mha", 1)
        at = self._at(hour)
        label = Label(
            kind="correction",
            slices={"1": [BOX]},
            author="r",
            author_email="r@clinic.org",
            created_at=at,
            model_version="m1",
        )
        self.labelled.append(paths.label(scan, "l1"))
        self.database.commit(
            [
                Put(paths.scan(scan), queued_scan().to_document() | {"status": "done"}),
                Put(paths.prediction(scan, "m1"), prediction_of("m1").to_document()),
                Put(paths.label(scan, "l1"), label.to_document()),
            ]
        )

    def _at(self, hour: int) -> datetime:
        return datetime.now(UTC) - (HOURS - hour) * HOUR


@pytest.fixture
def outage(monkeypatch) -> Outage:
    """After three days; parts of the sweep are small, so that it takes many calls."""
    monkeypatch.setattr(gathering, "QUIET", timedelta(0))
    monkeypatch.setattr(reconciliation, "GRACE", timedelta(0))
    monkeypatch.setattr(reconciliation, "MOST_UPLOADS", 5)
    monkeypatch.setattr(reconciliation, "MOST_LABELS", 7)
    return Outage()


def test_everything_whose_events_were_lost_for_three_days_is_taken_in_the_end_and_nothing_twice(
    outage,
):
    for _ in range(30):
        outage.run()
    lists = [name for bucket, name in outage.objects.files if bucket == "uploads"]
    uploaded = [f"{hour:03d}/a.mha" for hour in range(HOURS)]
    wanted = [*uploaded, "000/a.mha/.series/1-abc.zip", *lists]

    def requests() -> Counter[str]:
        published = outage.publisher.published
        return Counter(each.name for each in published if isinstance(each, InferenceRequest))

    assert len(lists) == 1
    assert requests() == dict.fromkeys(wanted, 1)
    assert len(outage.database.documents(paths.SLICES)) == 4
    series = outage.scans.get(paths.scan_id("uploads", "000/a.mha/.series/1-abc.zip", 1))
    assert (series.study.parent, series.study.study_key) == (
        paths.scan_id("uploads", "000/a.mha", 1),
        STUDY,
    )
    counts = [outage.scans.get(paths.scan_of(label)).label_count for label in outage.labelled]
    assert counts == [1] * HOURS
    assert outage.submitter.calls == 1  # the threshold is as many labelled scans

    before = outage.database.documents(paths.SCANS)
    outage.late_events()
    outage.run()
    assert outage.database.documents(paths.SCANS) == before
    assert outage.submitter.calls == 1
    assert [
        outage.scans.get(paths.scan_of(label)).label_count for label in outage.labelled
    ] == counts
    assert [name for bucket, name in outage.objects.files if bucket == "uploads"] == lists
    assert not any(isinstance(each, FilingRequest) for each in outage.publisher.published)
