"""Objects in our Cloud Storage: repeated writes, lost objects, URLs that a browser can open."""

import pytest
import requests
from google.cloud import storage
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from discai.cloud.claim import LeaseLostError
from discai.cloud.objects import ObjectStore
from discai.cloud.signing import UrlSigner
from discai.errors import PermanentError, RetryableError
from discai.records.scans import StoredObject
from tests.support.emulators import served
from tests.support.waiting import PATIENCE_SECONDS


def may_write() -> None:
    """Nobody else has the scan."""


@pytest.fixture
def objects(cloud) -> ObjectStore:
    return ObjectStore(cloud.storage)


def uploaded(cloud, data: bytes) -> StoredObject:
    blob = cloud.storage.bucket(cloud.uploads).blob("a/scan.mha")
    blob.upload_from_string(data)
    return StoredObject(
        bucket=cloud.uploads, name=blob.name, generation=blob.generation, size=len(data)
    )


def test_an_object_is_read_at_its_generation(cloud, objects, tmp_path):
    first = uploaded(cloud, b"first")
    objects.download(first, tmp_path / "scan", max_bytes=5)
    assert (tmp_path / "scan").read_bytes() == b"first"


def test_an_object_that_was_replaced_is_gone(cloud, objects, tmp_path):
    first = uploaded(cloud, b"first")
    uploaded(cloud, b"second")
    with pytest.raises(PermanentError) as refusal:
        objects.download(first, tmp_path / "scan", max_bytes=100)
    assert refusal.value.code == "object-gone"


def test_a_large_object_is_refused_before_a_byte_is_read(objects, tmp_path):
    nowhere = StoredObject(bucket="no-such-bucket", name="x", generation=1, size=101)
    with pytest.raises(PermanentError) as refusal:
        objects.download(nowhere, tmp_path / "scan", max_bytes=100)
    assert refusal.value.code == "too-large"


@pytest.mark.emulator
@pytest.mark.parametrize(("status", "code"), [(403, "refused"), (499, "unavailable")])
def test_a_file_that_is_not_handed_out_is_asked_for_again_and_told_without_its_name(
    monkeypatch, tmp_path, status, code
):
    async def refuse(request: Request) -> Response:
        return Response("not now", status_code=status)

    with served(Starlette(routes=[Route("/{path:path}", refuse)])) as url:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", url)
        objects = ObjectStore(storage.Client("demo"))
        stored = StoredObject(bucket="b", name="x/Jane_Doe.mha", generation=1, size=1)
        with pytest.raises(RetryableError) as refusal:
            objects.download(stored, tmp_path / "scan", max_bytes=100)
        with pytest.raises(RetryableError) as no_look:
            objects.require_live(stored)
    for each in (refusal, no_look):
        assert each.value.code == code
        assert "Jane" not in str(each.value)


def test_writing_the_same_again_changes_nothing(cloud, objects):
    def generation() -> int:
        return cloud.storage.bucket(cloud.results).get_blob("x/slice-00.png").generation

    objects.write(cloud.results, "x/slice-00.png", b"png", "image/png", may_write)
    before = generation()
    objects.write(cloud.results, "x/slice-00.png", b"png", "image/png", may_write)
    assert generation() == before


def test_what_a_dead_worker_left_is_replaced(cloud, objects):
    objects.write(cloud.results, "x/prediction.json", b"half", "application/json", may_write)
    objects.write(cloud.results, "x/prediction.json", b"whole", "application/json", may_write)
    blob = cloud.storage.bucket(cloud.results).get_blob("x/prediction.json")
    assert blob.download_as_bytes() == b"whole"
    assert blob.content_type == "application/json"
    assert blob.cache_control == "private, no-store"


def test_whoever_may_not_write_any_more_replaces_nothing(cloud, objects):
    objects.write(cloud.results, "x/prediction.json", b"heir's", "application/json", may_write)
    answers = [None, LeaseLostError()]

    def lost_meanwhile() -> None:
        if error := answers.pop(0):
            raise error

    with pytest.raises(LeaseLostError):
        objects.write(cloud.results, "x/prediction.json", b"late", "text/plain", lost_meanwhile)
    blob = cloud.storage.bucket(cloud.results).get_blob("x/prediction.json")
    assert blob.download_as_bytes() == b"heir's"


def test_a_folder_goes_with_what_lay_in_it_before(cloud, objects):
    bucket = cloud.storage.bucket(cloud.results)
    bucket.versioning_enabled = True
    bucket.patch()
    for name in ("x/a.png", "x/a.png", "y/a.png"):
        bucket.blob(name).upload_from_string(b"png")
    objects.remove_all(cloud.results, "x/")
    left = cloud.storage.list_blobs(cloud.results, versions=True)
    assert [blob.name for blob in left] == ["y/a.png"]


def test_a_session_takes_exactly_the_announced_bytes_and_keeps_who_sent_them(cloud, objects):
    url = objects.start_upload(
        cloud.uploads,
        "id/scan.mha",
        size=4,
        content_type="application/octet-stream",
        origin="http://web.test",
        metadata={"uploadedBy": "r@x.org", "fileName": "Müller.mha"},
    )
    answer = requests.put(
        url, data=b"scan", headers={"Content-Range": "bytes 0-3/4"}, timeout=PATIENCE_SECONDS
    )
    assert answer.status_code == 200
    blob = cloud.storage.bucket(cloud.uploads).get_blob("id/scan.mha")
    assert blob.metadata == {"uploadedBy": "r@x.org", "fileName": "Müller.mha"}


def test_a_signed_url_opens_its_object_and_no_other(cloud, objects, signing_key):
    objects.write(cloud.results, "x/a.png", b"a", "image/png", may_write)
    objects.write(cloud.results, "x/b.png", b"b", "image/png", may_write)
    a, b = UrlSigner(cloud.storage, signing_key).sign(cloud.results, ["x/a.png", "x/b.png"])
    assert fetched(a) == (200, b"a")
    assert fetched(b) == (200, b"b")
    assert fetched(a.replace("x/a.png", "x/b.png"))[0] == 403
    assert fetched(a.split("?")[0])[0] in (401, 403)


def fetched(url: str) -> tuple[int, bytes]:
    answer = requests.get(url, timeout=PATIENCE_SECONDS)
    return answer.status_code, answer.content
