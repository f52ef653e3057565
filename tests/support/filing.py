"""A study of series that were read, whose results are to be filed, and an archive for them."""

import io
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pydicom
from pydicom.dataset import Dataset

from discai.cloud import paths
from discai.cloud.database import Database, Put
from discai.cloud.dicomweb import Instance, Refusal, StoreAnswer
from discai.cloud.filing import FilingOrders, FilingRepository
from discai.cloud.labels import LabelRepository
from discai.cloud.scans import ScanRepository
from discai.errors import DiscaiError
from discai.pictures.output import segmentation_mha
from discai.pictures.rendering import Pictures
from discai.records.filing import Filing, FilingOrder, FilingRequest
from discai.records.keys import Keys
from discai.records.scans import Judged, Label, LabelledBox, StoredObject
from discai.records.study import SeriesFacts, StudyOfScan
from discai.scan.reader import read_scan
from inference_service.artifacts import describe
from inference_service.filing import Filer
from tests.support.dicom_exports import oriented, series
from tests.support.fakes import FakePublisher
from tests.support.memory_objects import MemoryObjects
from tests.support.readings import reading_of
from tests.support.records import queued_scan
from tests.support.scan_files import dicom_bytes, mha_bytes, zip_bytes

STUDY: Final = "s" * 26
KEYS: Final = Keys("of a test, with enough letters in it")
T1, T2 = "b" * 26, "c" * 26
#: Model versions by the order in which they read.
MODELS: Final = ("m1", "m2")


@dataclass
class FakeArchive:
    """An archive that keeps what it has, as most do.

    Attributes:
        files: by UID.
        stores: how often it was asked to store files.
        away: what it answers instead.
        refuses: modalities that it doesn't take.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    stores: int = 0
    away: DiscaiError | None = None
    refuses: frozenset[str] = frozenset()

    def instances(self, study: str, series: str) -> list[Instance]:
        found = (self.dataset(uid) for uid in self.files)
        return [
            Instance(study, series, str(each.SOPInstanceUID))
            for each in found
            if (each.StudyInstanceUID, each.SeriesInstanceUID) == (study, series)
        ]

    def store(self, files: Iterable[bytes]) -> StoreAnswer:
        self.stores += 1
        if self.away:
            raise self.away
        accepted, refused = [], []
        for file in files:
            dataset = _parsed(file)
            uid = str(dataset.SOPInstanceUID)
            if dataset.Modality in self.refuses:
                refused.append(Refusal(uid, 0x0122))
            else:
                self.files.setdefault(uid, file)
                accepted.append(uid)
        return StoreAnswer(tuple(accepted), tuple(refused))

    def dataset(self, uid: str) -> Dataset:
        return _parsed(self.files[uid])

    def of_modality(self, modality: str) -> list[Dataset]:
        """In the order in which they came."""
        return [each for uid in self.files if (each := self.dataset(uid)).Modality == modality]


class Clinic:
    """Two series of one study, its orders, and a worker that files."""

    def __init__(self, database: Database, filing: Filing = "drafts") -> None:
        self.database = database
        self.objects = MemoryObjects()
        self.publisher = FakePublisher()
        self.archive = FakeArchive()
        self.scans = ScanRepository(database)
        self.repository = FilingRepository(database)
        self.orders = FilingOrders(self.repository, self.publisher, filing)
        self.filing = filing
        self._moment = datetime(2026, 11, 30, 6, tzinfo=UTC)

    def filer(self, database: Database | None = None, archive: FakeArchive | None = None) -> Filer:
        """A worker; each with a lease of its own."""
        database = database or self.database
        return Filer(
            FilingRepository(database),
            ScanRepository(database),
            LabelRepository(database, self.objects, "results"),
            self.objects,
            archive or self.archive,
            keys=KEYS,
            filing=self.filing,
            results_bucket="results",
            name="worker",
            lease_seconds=60,
        )

    def add(self, scan_id: str, file: bytes | None = None, suffix: str = ".zip") -> None:
        """A series that a model has read, of slices of its own unless a file is given."""
        name = f"{scan_id}{suffix}"
        data = file or slices_of(scan_id)
        stored = StoredObject(bucket="uploads", name=name, generation=1, size=len(data))
        self.objects.data["uploads", name] = data
        facts = SeriesFacts(number=1, sequence="T2", slices=7, digest="0" * 32)
        scan = queued_scan(stored).model_copy(
            update={"study": StudyOfScan(study_key=STUDY, series=facts), "status": "done"}
        )
        self.database.commit([Put(paths.scan(scan_id), scan.to_document())])
        self.read(scan_id, MODELS[0])

    def read(self, scan_id: str, model: str) -> None:
        """What a model reads in a series, stored as a worker does."""
        scan = self.scans.document(scan_id).get()
        assert scan
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / scan.object.name
            path.write_bytes(self.objects.data["uploads", scan.object.name])
            seen = read_scan(path)
        reading = reading_of(seen)
        names = paths.artifact_names(scan_id, model)
        self.objects.data["results", names.segmentation] = segmentation_mha(seen, reading)
        prediction = describe(
            seen, reading, Pictures(seen, reading), names, herniation_threshold=0.4
        ).model_copy(update={"model_version": model, "created_at": self._later()})
        self.database.commit([Put(paths.prediction(scan_id, model), prediction.to_document())])
        after = scan.model_copy(update={"model_version": model})
        self.database.commit([Put(paths.scan(scan_id), after.to_document())])

    def judge(
        self, scan_id: str, label_id: str, herniated: bool, judged: Judged = "changed"
    ) -> None:
        """A reviewer's save."""
        box = LabelledBox(
            x=1, y=2, width=4, height=8, level="L5-S1", herniation=herniated, judged=judged
        )
        label = Label(
            kind="correction",
            slices={"1": [box]},
            author="r",
            author_email="r@clinic.org",
            created_at=self._later(),
            model_version=MODELS[0],
        )
        self.database.commit([Put(paths.label(scan_id, label_id), label.to_document())])

    def file(self, scan_id: str = T2) -> FilingOrder:
        """Has the study of a scan filed; the order afterwards."""
        self.orders.give(scan_id)
        for _ in range(len(self.publisher.published)):
            self.filer().handle(self.publisher.published.pop(0))
        return self.order

    @property
    def order(self) -> FilingOrder:
        order = self.repository.get(STUDY)
        assert order
        return order

    @property
    def request(self) -> FilingRequest:
        return FilingRequest(study_key=STUDY)

    def _later(self) -> datetime:
        self._moment += timedelta(minutes=1)
        return self._moment


def slices_of(scan_id: str, count: int | None = None) -> bytes:
    """An archive of a series of its own, or of the first of its slices."""
    number = str(ord(scan_id[0]))

    def name(at: int, dataset: pydicom.FileDataset) -> None:
        dataset.SeriesInstanceUID = f"1.2.3.{number}"
        dataset.SOPInstanceUID = f"1.2.3.{number}.{at + 1}"
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID

    datasets = series(*oriented("PIR"), name)[:count]
    return zip_bytes({f"{n:02d}.dcm": dicom_bytes(each) for n, each in enumerate(datasets)})


def volume() -> bytes:
    """A file that is no DICOM."""
    voxels, _ = oriented("PIR")
    return mha_bytes(voxels, (6.0, 6.0, 6.0))


def predecessor_of(report: Dataset) -> str | None:
    """UID of the report that a report names as the one that it takes the place of."""
    if "PredecessorDocumentsSequence" not in report:
        return None
    [study] = report.PredecessorDocumentsSequence
    [listed] = study.ReferencedSeriesSequence
    [instance] = listed.ReferencedSOPSequence
    return str(instance.ReferencedSOPInstanceUID)


def _parsed(file: bytes) -> Dataset:
    return pydicom.dcmread(io.BytesIO(file))
