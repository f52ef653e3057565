"""What an archive is asked, what its answers mean, and that no error names anybody."""

import json
import logging
from collections.abc import Callable
from io import BytesIO

import pydicom
import pytest
import requests
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, MRImageStorage
from requests.adapters import BaseAdapter

from discai.cloud.archive_settings import ArchiveSettings
from discai.cloud.dicomweb import Archive, Instance, Refusal
from discai.errors import PermanentError, RetryableError

URL = "http://archive.example/dicom-web"
INSTANCE = Instance("1.2.3", "1.2.3.04", "1.2.3.4.5")
LIMIT = 2**20


class Answers(BaseAdapter):  # type: ignore[misc]  # requests has no types
    """Answers each request by a function, or raises what it raises."""

    def __init__(self, answer: Callable[[requests.PreparedRequest], requests.Response]) -> None:
        super().__init__()
        self.answer = answer
        self.asked: list[requests.PreparedRequest] = []

    def send(self, request, *args, **options):
        self.asked.append(request)
        response = self.answer(request)
        response.url = request.url
        return response

    def close(self):
        pass


def answer(status: int = 200, body: bytes = b"", content_type: str = "application/dicom+json"):
    response = requests.Response()
    response.status_code = status
    response.headers["Content-Type"] = content_type
    response.raw = BytesIO(body)
    return response


def archive_of(answered) -> tuple[Archive, Answers]:
    """An archive that answers so, and what it was asked."""
    session = requests.Session()
    session.trust_env = False
    answers = Answers(answered)
    session.mount("http://", answers)
    return Archive(URL, session, patience_seconds=0.0), answers


def parts(*files: bytes) -> requests.Response:
    body = b"".join(b"\r\n--b\r\nContent-Type: application/dicom\r\n\r\n" + file for file in files)
    return answer(
        body=body + b"\r\n--b--",
        content_type='multipart/related; type="application/dicom"; boundary=b',
    )


def dicom_file(uid: str) -> bytes:
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = MRImageStorage, UID(uid)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = MRImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = UID(uid)
    file = BytesIO()
    pydicom.dcmwrite(file, dataset, enforce_file_format=True)
    return file.getvalue()


def test_a_file_is_fetched_as_it_is_in_its_own_transfer_syntax():
    file = b"\0" * 128 + b"DICM\r\n--not the boundary\r\n\r\n" + bytes(range(256))
    archive, answers = archive_of(lambda _: parts(file))
    assert archive.fetch(INSTANCE, LIMIT) == file
    (asked,) = answers.asked
    assert asked.url == f"{URL}/studies/1.2.3/series/1.2.3.04/instances/1.2.3.4.5"
    assert "transfer-syntax=*" in asked.headers["Accept"]


def test_a_file_that_comes_without_parts_is_taken():
    archive, _ = archive_of(lambda _: answer(body=b"DICM", content_type="application/dicom"))
    assert archive.fetch(INSTANCE, LIMIT) == b"DICM"


@pytest.mark.parametrize("sent", [parts(), parts(b"one", b"two"), parts(b"x" * (LIMIT + 9000))])
def test_what_is_not_one_file_of_a_readable_size_is_refused(sent):
    archive, _ = archive_of(lambda _: sent)
    with pytest.raises(PermanentError) as problem:
        archive.fetch(INSTANCE, LIMIT)
    assert problem.value.code in ("archive-refused", "too-large")


def test_instances_of_a_series_are_listed_each_once_whatever_a_page_holds():
    def page(request: requests.PreparedRequest) -> requests.Response:
        pages = {"0": ["1.5", "1.6"], "2": ["1.6", "1.7"]}
        uids = pages.get((request.url or "").rpartition("offset=")[2], [])
        found = [{"00080018": {"vr": "UI", "Value": [uid]}} for uid in uids]
        return answer(body=json.dumps(found).encode())

    archive, _ = archive_of(page)
    assert [each.uid for each in archive.instances("1.2", "1.3")] == ["1.5", "1.6", "1.7"]


@pytest.mark.parametrize(
    ("body", "number"),
    [([{"00201209": {"vr": "IS", "Value": [17]}}], 17), ([{"0020000E": {}}], None), ([], None)],
)
def test_an_archive_may_say_how_many_files_a_series_has(body, number):
    archive, answers = archive_of(lambda _: answer(body=json.dumps(body).encode()))
    assert archive.count("1.2", "1.3") == number
    assert "SeriesInstanceUID=1.3" in str(answers.asked[0].url)


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (404, PermanentError, "not-in-archive"),
        (410, PermanentError, "not-in-archive"),
        (406, PermanentError, "archive-refused"),
        (401, RetryableError, "archive-locked"),
        (403, RetryableError, "archive-locked"),
        (429, RetryableError, "unavailable"),
        (503, RetryableError, "unavailable"),
    ],
)
def test_what_an_archive_refuses_has_a_code_and_names_nobody(status, kind, code, caplog):
    caplog.set_level(logging.DEBUG)
    archive, _ = archive_of(lambda _: answer(status))
    with pytest.raises(kind) as problem:
        archive.fetch(INSTANCE, LIMIT)
    assert problem.value.code == code
    assert problem.value.__cause__ is None
    assert problem.value.__suppress_context__
    assert INSTANCE.study not in str(problem.value) + caplog.text


def test_an_archive_that_is_away_is_asked_again_and_then_worth_another_try(caplog):
    caplog.set_level(logging.DEBUG)
    ways = iter([requests.ConnectionError("/studies/1.2.3"), answer(503), parts(b"DICM")])

    def next_way(_):
        way = next(ways)
        if isinstance(way, Exception):
            raise way
        return way

    session = requests.Session()
    session.mount("http://", Answers(next_way))
    archive = Archive(URL, session, first_pause_seconds=0.001)
    assert archive.fetch(INSTANCE, LIMIT) == b"DICM"

    def gone(_):
        raise requests.ConnectionError("/studies/1.2.3")

    archive, _ = archive_of(gone)
    with pytest.raises(RetryableError, match=r"^The archive does not answer") as problem:
        archive.fetch(INSTANCE, LIMIT)
    assert problem.value.code == "unavailable"
    assert "1.2.3" not in caplog.text


def stored(failed: dict[str, int], done: list[str]) -> bytes:
    body = Dataset()
    body.FailedSOPSequence = [Dataset() for _ in failed]
    for item, (uid, reason) in zip(body.FailedSOPSequence, failed.items(), strict=True):
        item.ReferencedSOPInstanceUID, item.FailureReason = uid, reason
    body.ReferencedSOPSequence = [Dataset() for _ in done]
    for item, uid in zip(body.ReferencedSOPSequence, done, strict=True):
        item.ReferencedSOPInstanceUID = uid
    return body.to_json().encode()


def test_files_are_stored_as_they_are_and_the_answer_says_which():
    files = [dicom_file("1.2.5"), dicom_file("1.2.6"), dicom_file("1.2.7")]
    body = stored({"1.2.6": 0x0122, "1.2.7": 0x0111}, ["1.2.5"])
    archive, answers = archive_of(lambda _: answer(202, body))
    said = archive.store(files)
    # An archive that has a file of that UID already has accepted it before.
    assert said.accepted == ("1.2.5", "1.2.7")
    assert said.refused == (Refusal("1.2.6", 0x0122),)
    (asked,) = answers.asked
    assert (asked.method, asked.url) == ("POST", f"{URL}/studies")
    assert all(file in asked.body for file in files)


@pytest.mark.parametrize(
    ("status", "body", "accepted"),
    [(200, b"", True), (200, b"<xml/>", True), (409, b"", False), (409, b"[]", False)],
)
def test_where_nothing_is_said_of_a_file_the_status_says_it(status, body, accepted):
    archive, _ = archive_of(lambda _: answer(status, body))
    said = archive.store([dicom_file("1.2.5")])
    assert said.accepted == (("1.2.5",) if accepted else ())
    assert said.refused == (() if accepted else (Refusal("1.2.5", None),))


def test_only_dicom_files_are_stored():
    archive, answers = archive_of(lambda _: answer())
    with pytest.raises(PermanentError) as problem:
        archive.store([b"no DICOM"])
    assert problem.value.code == "unsupported-format"
    assert not answers.asked


def test_a_user_is_named_where_the_archive_asks_for_one_and_only_there(monkeypatch):
    monkeypatch.setenv("DICOMWEB_URL", URL)
    assert ArchiveSettings.read().dicomweb_auth == "none"
    monkeypatch.setenv("DICOMWEB_AUTH", "basic")
    with pytest.raises(PermanentError, match="DICOMWEB_USER and DICOMWEB_PASSWORD"):
        ArchiveSettings.read()
    monkeypatch.setenv("DICOMWEB_USER", "discai")
    monkeypatch.setenv("DICOMWEB_PASSWORD", "secret")
    assert "secret" not in repr(ArchiveSettings.read())
    monkeypatch.setenv("DICOMWEB_AUTH", "google")
    with pytest.raises(PermanentError):
        ArchiveSettings.read()
