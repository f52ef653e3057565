"""The archive of `make up PACS=1`: a real Orthanc, a real sender, and DiscAI's own client."""

import io
import socket
import zipfile
from datetime import date

import httpx
import pydicom
import pytest

from discai.cloud.dicomweb import Instance
from discai.commands.watch_archive import ArchiveWatch, Message
from discai.errors import PermanentError
from discai.phantom import PhantomOptions, draw_phantom, write_phantom
from discai.records.archive import archived
from infrastructure.local import orthanc as orthanc_part
from infrastructure.local.cloud import LocalCloud
from infrastructure.local.errors import SetupError
from infrastructure.local.supervision.ports import HOST
from tests.support.orthanc import archive_of, running_orthanc, send
from tests.support.sent_study import study, written

LIMIT = 2**26


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    """A folder of DICOM files that are one series."""
    folder = tmp_path_factory.mktemp("series")
    write_phantom(draw_phantom(PhantomOptions(slices=3)), folder / "series.zip")
    with zipfile.ZipFile(folder / "series.zip") as archive:
        archive.extractall(folder / "files")
    return folder / "files"


@pytest.fixture(scope="module")
def first(series):
    """The header of one of them."""
    return pydicom.dcmread(min(series.iterdir()), stop_before_pixels=True)


def test_what_a_sender_sends_is_listed_and_fetched_as_it_was(orthanc, series, first):
    assert send(orthanc, series) == 0
    archive = archive_of(orthanc)
    study, uid = first.StudyInstanceUID, first.SeriesInstanceUID
    found = archive.instances(study, uid)
    assert archive.count(study, uid) == len(found) == 3
    sent = {
        pydicom.dcmread(path).SOPInstanceUID: pydicom.dcmread(path).PixelData
        for path in series.iterdir()
    }
    files = (archive.fetch(each, LIMIT) for each in found)
    fetched = (pydicom.dcmread(io.BytesIO(file)) for file in files)
    assert {each.SOPInstanceUID: each.PixelData for each in fetched} == sent
    assert archive.instances(study, "1.2.3") == []
    with pytest.raises(PermanentError) as problem:
        archive.fetch(Instance(study, uid, "1.2.3"), LIMIT)
    assert problem.value.code == "not-in-archive"


def test_a_watch_that_knows_dicomweb_alone_tells_of_a_series(orthanc, tmp_path):
    files = study(("T2",), slices=3, axial=0)
    assert send(orthanc, written(files, tmp_path)) == 0
    header = pydicom.dcmread(io.BytesIO(next(iter(files.values()))), stop_before_pixels=True)
    watch = ArchiveWatch(archive_of(orthanc), "projects/p/locations/l/datasets/d/dicomStores/s")
    told: list[Message] = []
    for _ in range(2):
        watch.look(date(2020, 1, 1), told.extend)
    named = [archived(name) for name, _ in told]
    assert len([each for each in named if each.study == header.StudyInstanceUID]) == 3 + 1


def test_files_are_stored_once_however_often_and_kept_over_a_restart(series, first, tmp_path):
    files = [path.read_bytes() for path in series.iterdir()]
    where = first.StudyInstanceUID, first.SeriesInstanceUID
    for _ in range(2):
        with running_orthanc(tmp_path) as plan:
            answer = archive_of(plan).store(files)
            assert len(answer.accepted) == 3
            assert not answer.refused
            assert archive_of(plan).count(*where) == 3


def test_other_machines_reach_nothing(orthanc, series):
    """A connection to this machine's outer address comes from there, as another machine's does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine is in no network")
        outside = probe.getsockname()[0]
    if outside.startswith("127."):
        pytest.skip("this machine is in no network")
    url = orthanc.url("orthanc").replace(HOST, outside)
    assert httpx.get(f"{url}/dicom-web/studies").status_code in (401, 403)
    assert send(orthanc, series, host=outside) != 0
    assert send(orthanc, series, "-aet", "STRANGER") != 0


def test_a_cloud_without_orthanc_is_refused_in_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(orthanc_part, "PROGRAMS", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match=r"apt install orthanc orthanc-dicomweb"):
        orthanc_part.find_orthanc()


def test_nothing_is_started_without_it(monkeypatch, tmp_path):
    monkeypatch.setenv("ORTHANC_PLUGINS", str(tmp_path))
    with pytest.raises(SetupError, match=r"^PACS=1 needs Orthanc"):
        LocalCloud(tmp_path / "local", 0, print, retraining=False, pacs=True)
    assert not (tmp_path / "local").exists()
