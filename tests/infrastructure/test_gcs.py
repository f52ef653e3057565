"""The storage stand-in does what Google's own client, gcloud and a browser expect of storage."""

import asyncio
import base64
import datetime
import hashlib
import io
import os
import re
import shutil
import subprocess
import threading
from typing import Any
from urllib.parse import quote, unquote

import google_crc32c
import httpx
import pytest
from google.api_core.exceptions import BadRequest, NotFound, PreconditionFailed
from google.cloud.storage import _signing
from google.oauth2 import service_account

from discai.cloud.paths import is_scan
from infrastructure.local.keys import ensure_signing_key
from tests.support.checkout import ROOT
from tests.support.infrastructure.running_storage import BUCKET, WEB
from tests.support.waiting import PATIENCE_SECONDS

MIB = 1 << 20


def signed(gcs, name, method="GET", minutes=5, **options):
    return (
        gcs.client()
        .bucket(BUCKET)
        .blob(name)
        .generate_signed_url(
            version="v4",
            expiration=datetime.timedelta(minutes=minutes),
            method=method,
            credentials=gcs.credentials,
            api_access_endpoint=gcs.url,
            **options,
        )
    )


def test_a_small_object_keeps_its_bytes_type_and_metadata(bucket):
    blob = bucket.blob("folder/a scan ä.mha")
    blob.metadata = {"uploadedBy": "r@example.org"}
    blob.upload_from_string(b"--=\r\n\r\nhello\r\n--", content_type="application/x-mha")
    found = bucket.get_blob("folder/a scan ä.mha")
    assert found.download_as_bytes() == b"--=\r\n\r\nhello\r\n--"
    assert found.metadata == {"uploadedBy": "r@example.org"}
    assert found.content_type == "application/x-mha"
    assert found.metageneration == 1


@pytest.mark.parametrize("chunk_size", [None, MIB])
def test_a_large_object_in_one_request_or_in_chunks(bucket, chunk_size):
    data = os.urandom(9 * MIB + 17)
    blob = bucket.blob("big.mha", chunk_size=chunk_size)
    blob.upload_from_file(io.BytesIO(data), size=len(data))
    assert bucket.blob("big.mha").download_as_bytes() == data
    assert bucket.get_blob("big.mha").md5_hash


def test_an_empty_object(bucket):
    bucket.blob("empty").upload_from_string(b"")
    assert bucket.blob("empty").download_as_bytes() == b""


def test_a_stream_of_unknown_length(bucket):
    with bucket.blob("streamed", chunk_size=256 * 1024).open("wb") as file:
        for _ in range(5):
            file.write(b"x" * 100_000)
    assert bucket.get_blob("streamed").size == 500_000


def test_ranges(gcs, bucket):
    bucket.blob("r").upload_from_string(bytes(range(100)))
    assert bucket.blob("r").download_as_bytes(start=10, end=19) == bytes(range(10, 20))
    url = f"{gcs.url}/download/storage/v1/b/{BUCKET}/o/r?alt=media"
    answer = httpx.get(url, headers={"range": "bytes=-5"})
    assert (answer.status_code, answer.content) == (206, bytes(range(95, 100)))
    assert answer.headers["content-range"] == "bytes 95-99/100"
    assert httpx.get(url, headers={"range": "bytes=100-"}).status_code == 416


def test_preconditions_are_kept(bucket):
    blob = bucket.blob("once")
    blob.upload_from_string(b"1", if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        bucket.blob("once").upload_from_string(b"2", if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        bucket.blob("once").create_resumable_upload_session(if_generation_match=0)
    blob.reload()
    bucket.blob("once").upload_from_string(b"3", if_generation_match=blob.generation)
    blob.metadata = {"a": "1"}
    with pytest.raises(PreconditionFailed):
        blob.patch(if_metageneration_match=7)
    with pytest.raises(PreconditionFailed):
        blob.patch(if_metageneration_not_match=1)
    live = bucket.get_blob("once").generation
    with pytest.raises(PreconditionFailed):
        bucket.blob("once").upload_from_string(b"4", if_generation_not_match=live)
    assert bucket.blob("once").download_as_bytes() == b"3"


def test_two_uploads_of_one_name_are_two_generations_and_both_can_be_read(gcs, bucket):
    generations = []
    for text in (b"first", b"second"):
        blob = bucket.blob("same")
        blob.upload_from_string(text)
        generations.append(blob.generation)
    assert generations[0] < generations[1]
    assert bucket.blob("same", generation=generations[0]).download_as_bytes() == b"first"
    assert bucket.blob("same").download_as_bytes() == b"second"
    assert [event["generation"] for event in gcs.finalized] == [str(g) for g in generations]


def test_listing_by_prefix_folder_and_page(bucket):
    names = [f"scans/{number}/slice.png" for number in range(7)] + ["other"]
    for name in names:
        bucket.blob(name).upload_from_string(b"x")
    assert [blob.name for blob in bucket.list_blobs()] == ["other", *names[:-1]]
    assert len(list(bucket.list_blobs(prefix="scans/", page_size=3))) == 7
    folders = bucket.list_blobs(delimiter="/")
    assert [blob.name for blob in folders] == ["other"]
    assert folders.prefixes == {"scans/"}


def test_patch_compose_copy_and_delete(bucket):
    for name in ("a", "b"):
        bucket.blob(name).upload_from_string(name * 3)
    joined = bucket.blob("ab")
    joined.compose([bucket.blob("a"), bucket.blob("b")])
    assert joined.download_as_bytes() == b"aaabbb"
    joined.metadata = {"k": "v"}
    joined.patch()
    assert bucket.get_blob("ab").metadata == {"k": "v"}
    assert bucket.copy_blob(joined, bucket, "copy").metadata == {"k": "v"}
    moved = bucket.blob("moved")
    assert moved.rewrite(joined)[0] is None
    joined.delete()
    with pytest.raises(NotFound):
        joined.download_as_bytes()
    assert moved.download_as_bytes() == b"aaabbb"


def test_what_is_composed_has_no_md5_and_counts_its_components(gcs, bucket):
    for name in ("a", "b"):
        bucket.blob(name).upload_from_string(name * 3)
    bucket.blob("ab").compose([bucket.blob("a"), bucket.blob("b")])
    bucket.blob("abab").compose([bucket.blob("ab"), bucket.blob("ab")])
    copy = bucket.copy_blob(bucket.blob("abab"), bucket, "copy")
    assert (copy.component_count, copy.md5_hash) == (4, None)
    whole = bucket.get_blob("abab")
    assert (whole.component_count, whole.md5_hash) == (4, None)
    assert whole.crc32c == base64.b64encode(google_crc32c.Checksum(b"aaabbb" * 2).digest()).decode()
    headers = httpx.head(signed(gcs, "abab", "HEAD")).headers
    assert headers["x-goog-component-count"] == "4"
    assert headers["x-goog-hash"] == f"crc32c={whole.crc32c}"
    assert whole.download_as_bytes() == b"aaabbb" * 2


def test_a_composition_keeps_to_its_preconditions(bucket):
    part = bucket.blob("a")
    part.upload_from_string(b"1")
    whole = bucket.blob("whole")
    with pytest.raises(PreconditionFailed):
        whole.compose([part], if_source_generation_match=[part.generation + 1])
    whole.compose([part], if_generation_match=0, if_source_generation_match=[part.generation])
    with pytest.raises(PreconditionFailed):
        whole.compose([part], if_generation_match=0)
    for components in ([], [part] * 33):
        with pytest.raises(BadRequest, match="Between 1 and 32"):
            whole.compose(components)
    with pytest.raises(NotFound):
        whole.compose([bucket.blob("nope")])


def test_what_is_missing_is_not_found(gcs, bucket):
    with pytest.raises(NotFound, match="No such object"):
        bucket.blob("nope").download_as_bytes()
    with pytest.raises(NotFound, match="bucket does not exist"):
        gcs.client().bucket("nowhere").blob("x").upload_from_string(b"1")


def test_wrong_checksums_are_refused_and_leave_nothing(gcs, bucket):
    blob = bucket.blob("bad")
    blob.md5_hash = "AAAAAAAAAAAAAAAAAAAAAA=="
    with pytest.raises(Exception, match="md5Hash"):
        blob.upload_from_string(b"data", checksum=None)
    assert bucket.get_blob("bad") is None
    assert not list((gcs.folder / "gcs").iterdir())


def start(bucket, name="s/scan.mha", size=None, **options):
    return bucket.blob(name).create_resumable_upload_session(size=size, origin=WEB, **options)


def put(url, data, first, total):
    headers = {"content-range": f"bytes {first}-{first + len(data) - 1}/{total}", "origin": WEB}
    return httpx.put(url, content=data, headers=headers)


def how_far(url):
    return httpx.put(url, headers={"content-range": "bytes */*", "origin": WEB})


def test_a_browser_uploads_in_chunks_and_asks_how_far_it_is(bucket):
    data = os.urandom(3 * MIB)
    url = start(bucket, size=len(data))
    first = put(url, data[:MIB], 0, len(data))
    assert (first.status_code, first.headers["range"]) == (308, f"bytes=0-{MIB - 1}")
    assert first.headers["access-control-allow-origin"] == WEB
    assert "Range" in first.headers["access-control-expose-headers"]
    assert how_far(url).headers["range"] == f"bytes=0-{MIB - 1}"
    assert put(url, data[2 * MIB :], 2 * MIB, len(data)).status_code == 503  # a gap
    assert put(url, data[MIB // 2 :], MIB // 2, len(data)).status_code == 200  # an overlap
    assert bucket.blob("s/scan.mha").download_as_bytes() == data
    assert how_far(url).json()["size"] == str(len(data))  # the answer was lost: ask again


def test_an_upload_that_broke_off_is_resumed_even_after_a_restart(gcs, bucket):
    data = os.urandom(2 * MIB)
    url = start(bucket, size=len(data))

    def breaks_off():
        yield data[: MIB // 2]
        raise ConnectionError

    headers = {"content-range": f"bytes 0-{len(data) - 1}/{len(data)}"}
    with pytest.raises((ConnectionError, httpx.TransportError)):
        httpx.put(url, content=breaks_off(), headers=headers)
    gcs.restart()
    arrived = int(how_far(url).headers["range"].removeprefix("bytes=0-")) + 1
    assert 0 < arrived <= MIB // 2
    assert put(url, data[arrived:], arrived, len(data)).status_code == 200
    blob = bucket.get_blob("s/scan.mha")
    assert blob.download_as_bytes() == data
    assert base64.b64decode(blob.md5_hash) == hashlib.md5(data, usedforsecurity=False).digest()
    assert len(gcs.finalized) == 1


def test_an_upload_can_be_cancelled_and_must_not_outgrow_its_announcement(gcs, bucket):
    url = start(bucket, size=MIB)
    put(url, b"x" * 1000, 0, MIB)
    assert httpx.delete(url).status_code == 499
    assert how_far(url).status_code == 404
    url = start(bucket, size=1000)
    assert put(url, b"x" * 2000, 0, 2000).status_code == 400
    assert bucket.get_blob("s/scan.mha") is None
    assert not list((gcs.folder / "gcs").iterdir())


@pytest.mark.parametrize("announced", [999, 1001])
def test_a_session_takes_as_many_bytes_as_were_announced_and_no_others(gcs, bucket, announced):
    data = b"x" * 1000
    for send in (
        lambda url: put(url, data, 0, 1000),
        lambda url: httpx.put(url, content=data, headers={"origin": WEB}),
    ):
        url = start(bucket, size=announced)
        assert send(url).status_code == 400
        assert how_far(url).status_code == 404
    assert not gcs.finalized
    assert not list((gcs.folder / "gcs").iterdir())


def test_a_chunk_holds_no_more_than_its_range_says(gcs, bucket):
    url = start(bucket)
    headers = {"content-range": "bytes 0-9/10", "origin": WEB}
    assert httpx.put(url, content=b"x" * 11, headers=headers).status_code == 400
    assert not gcs.finalized


NAME = "Пациенты/Иванов Пётр 王 דוד e\u0301.mha"
UPLOAD = f"/upload/storage/v1/b/{BUCKET}/o"


def test_names_outside_ascii_are_kept_listed_read_and_told_to_browsers(gcs, bucket):
    blob = bucket.blob(NAME)
    blob.metadata = {"fileName": NAME, "ключ": "line\r\nbreak"}
    blob.upload_from_string(b"scan")
    assert [each.name for each in bucket.list_blobs(prefix="Пациенты/")] == [NAME]
    assert bucket.get_blob(NAME).metadata["fileName"] == NAME
    assert bucket.blob(NAME).download_as_bytes() == b"scan"
    for answer in (
        httpx.get(signed(gcs, NAME)),
        httpx.get(f"{gcs.url}/download/storage/v1/b/{BUCKET}/o/{quote(NAME, safe='')}?alt=media"),
    ):
        assert (answer.status_code, answer.content) == (200, b"scan")
        [plain, encoded] = re.findall(
            r"filename\*?=(\S+?)(?:;|$)", answer.headers["content-disposition"]
        )
        assert plain.strip('"').isascii()
        assert unquote(encoded.removeprefix("UTF-8''")) == NAME.rpartition("/")[2]
        assert unquote(answer.headers["x-goog-meta-filename"]) == NAME
    bucket.blob("plain.mha").upload_from_string(b"scan")
    assert "content-disposition" not in httpx.get(signed(gcs, "plain.mha")).headers


CROSS_SITE = [
    {"origin": "https://evil.example", "content-type": "text/plain"},
    {"origin": "null", "content-type": "multipart/form-data; boundary=x"},
    {"origin": "http://127.0.0.1:9999", "content-type": "application/x-www-form-urlencoded"},
    {"sec-fetch-site": "cross-site", "content-type": "text/plain"},
    {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    {"origin": "https://evil.example", "content-type": "application/json"},
]


@pytest.mark.parametrize("headers", CROSS_SITE)
def test_another_site_s_page_writes_nothing(gcs, bucket, headers):
    bucket.blob("a").upload_from_string(b"1")
    gcs.finalized.clear()
    body = b'{"sourceObjects": [{"name": "a"}]}'
    for path in (
        f"{UPLOAD}?uploadType=media&name=x",
        f"{UPLOAD}?uploadType=multipart&name=x",
        f"/storage/v1/b/{BUCKET}/o/x/compose",
        f"/storage/v1/b/{BUCKET}/o/a/copyTo/b/{BUCKET}/o/x",
        "/storage/v1/b",
    ):
        assert httpx.post(gcs.url + path, content=body, headers=headers).status_code == 403
    assert httpx.delete(f"{gcs.url}/storage/v1/b/{BUCKET}/o/a", headers=headers).status_code == 403
    assert not gcs.finalized
    assert [blob.name for blob in bucket.list_blobs()] == ["a"]


def test_our_own_page_and_programs_write(gcs, bucket):
    url = f"{gcs.url}{UPLOAD}?uploadType=media&name="
    of_page = {"origin": WEB, "sec-fetch-site": "same-site"}
    assert httpx.post(url + "page", content=b"1", headers=of_page).is_success
    assert httpx.post(url + "program", content=b"1").is_success


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", f"{UPLOAD}?uploadType=media", b"1"),
        ("POST", f"{UPLOAD}?uploadType=media&name=..", b"1"),
        ("POST", f"{UPLOAD}?uploadType=media&name={'x' * 1025}", b"1"),
        ("POST", f"{UPLOAD}?uploadType=media&name=a%0D%0Ab", b"1"),
        ("POST", f"{UPLOAD}?uploadType=resumable", b"no json"),
        ("POST", f"{UPLOAD}?uploadType=resumable", b'{"name": "\\ud800"}'),
        ("POST", f"{UPLOAD}?uploadType=resumable", b'{"name": ["x"]}'),
        ("POST", f"{UPLOAD}?uploadType=resumable", b"[" * 100_000),
        ("POST", f"/storage/v1/b/{BUCKET}/o/x/compose", b"[]"),
        ("POST", f"/storage/v1/b/{BUCKET}/o/x/compose", b'{"sourceObjects": [{}]}'),
        ("GET", f"/storage/v1/b/{BUCKET}/o/%FF%FE", b""),
        ("GET", f"/storage/v1/b/{BUCKET}/o/a?generation=x", b""),
    ],
)
def test_what_no_object_can_be_is_refused_and_leaves_nothing(gcs, bucket, method, path, body):
    answer = httpx.request(method, gcs.url + path, content=body)
    assert answer.status_code in (400, 404)
    assert not list((gcs.folder / "gcs").iterdir())


def test_only_the_page_that_began_an_upload_may_continue_it(bucket):
    url = start(bucket, size=10)
    preflight = {"access-control-request-method": "PUT", "origin": WEB}
    allowed = httpx.options(url, headers=preflight)
    assert allowed.headers["access-control-allow-origin"] == WEB
    other = httpx.options(url, headers=preflight | {"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers


def test_parallel_uploads(bucket):
    def upload(number):
        bucket.client.bucket(BUCKET).blob(f"p/{number}").upload_from_string(bytes([number]) * MIB)

    threads = [threading.Thread(target=upload, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(6):
        assert bucket.blob(f"p/{number}").download_as_bytes() == bytes([number]) * MIB


def test_a_restart_keeps_everything_and_sweeps_what_is_half_written(gcs, bucket):
    bucket.blob("kept").upload_from_string(b"kept")
    (gcs.folder / "gcs" / "half-written").write_bytes(b"?")
    gcs.restart()
    assert bucket.blob("kept").download_as_bytes() == b"kept"
    assert len(list((gcs.folder / "gcs").iterdir())) == 1


def test_a_signed_url_opens_one_object_for_one_method(gcs, bucket):
    bucket.blob("open").upload_from_string(b"open")
    bucket.blob("shut").upload_from_string(b"shut")
    url = signed(gcs, "open")
    answer = httpx.get(url, headers={"origin": WEB})
    assert answer.content == b"open"
    assert answer.headers["access-control-allow-origin"] == WEB
    assert httpx.get(url.replace("/open?", "/shut?")).status_code == 403
    assert httpx.put(url, content=b"x").status_code == 403
    assert httpx.get(f"{gcs.url}/{BUCKET}/open").status_code == 403
    assert httpx.get(url.replace("X-Goog-Expires=300", "X-Goog-Expires=900")).status_code == 403


def test_a_signed_url_expires(gcs, bucket):
    bucket.blob("open").upload_from_string(b"open")
    past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    blob = bucket.blob("open")
    url = blob.generate_signed_url(
        version="v4", expiration=60, credentials=gcs.credentials, api_access_endpoint=gcs.url
    )
    assert httpx.get(url).status_code == 200
    old = _signing.generate_signed_url_v4(  # the same, as of an hour ago
        gcs.credentials,
        resource=f"/{BUCKET}/open",
        expiration=60,
        api_access_endpoint=gcs.url,
        _request_timestamp=past.strftime("%Y%m%dT%H%M%SZ"),
    )
    answer = httpx.get(old)
    assert answer.status_code == 400
    assert "ExpiredToken" in answer.text


def test_another_keys_signature_is_worth_nothing(gcs, bucket, tmp_path):
    bucket.blob("open").upload_from_string(b"open")
    ensure_signing_key(tmp_path / "forged.json", "demo-test")
    forged = service_account.Credentials.from_service_account_file(str(tmp_path / "forged.json"))
    url = bucket.blob("open").generate_signed_url(
        version="v4", expiration=60, credentials=forged, api_access_endpoint=gcs.url
    )
    assert httpx.get(url).status_code == 403


def test_signed_uploads_whole_and_resumable(gcs, bucket):
    url = signed(gcs, "up", "PUT", content_type="application/x-mha")
    assert httpx.put(url, content=b"1", headers={"content-type": "application/x-mha"}).is_success
    assert bucket.get_blob("up").content_type == "application/x-mha"
    url = signed(gcs, "up2", "RESUMABLE")
    begun = httpx.post(url, headers={"x-goog-resumable": "start", "origin": WEB})
    assert begun.status_code == 201
    assert put(begun.headers["location"], b"12345", 0, 5).status_code == 200
    assert bucket.blob("up2").download_as_bytes() == b"12345"


def test_other_pages_get_no_cors_headers(gcs, bucket):
    bucket.blob("open").upload_from_string(b"open")
    answer = httpx.get(signed(gcs, "open"), headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


@pytest.fixture
def copy(gcs, tmp_path):
    """Runs a command that copies, as a person would whose cloud this storage is."""

    def run(command: list[str], source: object, target: object, boto: str = "", **more: str):
        if shutil.which(command[0]) is None:
            pytest.skip(f"no {command[0]} on this machine")
        (tmp_path / "boto").write_text(f"[GSUtil]\nuse_gcloud_storage = True\n{boto}")
        environment = os.environ | {
            "BOTO_CONFIG": str(tmp_path / "boto"),
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": f"{gcs.url}/storage/v1/",
            "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
            "CLOUDSDK_CORE_PROJECT": "demo-test",
            "CLOUDSDK_CONFIG": str(tmp_path / "gcloud"),
        }
        subprocess.run(
            [*command, str(source), str(target)],
            check=True,
            env=environment | more,
            timeout=PATIENCE_SECONDS,
        )

    return run


@pytest.mark.parametrize("command", [["gcloud", "storage", "cp"], ["gsutil", "cp"]])
def test_gcloud_and_gsutil_upload_and_download(bucket, copy, tmp_path, command):
    data = os.urandom(10 * MIB)
    (tmp_path / "scan.mha").write_bytes(data)
    copy(command, tmp_path / "scan.mha", f"gs://{BUCKET}/")
    assert bucket.blob("scan.mha").download_as_bytes() == data
    copy(command, f"gs://{BUCKET}/scan.mha", tmp_path / "back.mha")
    assert (tmp_path / "back.mha").read_bytes() == data


@pytest.mark.parametrize("command", [["gcloud", "storage", "cp"], ["gsutil", "-m", "cp"]])
def test_gcloud_and_gsutil_upload_a_large_file_in_parts(gcs, bucket, copy, tmp_path, command):
    data = os.urandom(5 * MIB)
    (tmp_path / "large.mha").write_bytes(data)
    boto = "parallel_composite_upload_threshold = 1M\nresumable_threshold = 1M\n"
    low = {  # only of what it has sent in a resumable way it removes the parts
        "CLOUDSDK_STORAGE_RESUMABLE_THRESHOLD": "1M",
        "CLOUDSDK_STORAGE_PARALLEL_COMPOSITE_UPLOAD_THRESHOLD": "1M",
        "CLOUDSDK_STORAGE_PARALLEL_COMPOSITE_UPLOAD_COMPONENT_SIZE": "2M",
    }
    copy(command, tmp_path / "large.mha", f"gs://{BUCKET}/folder/", boto, **low)
    whole = bucket.get_blob("folder/large.mha")
    assert (whole.component_count, whole.md5_hash) == (3, None)
    assert whole.download_as_bytes() == data
    *parts, last = [resource["name"] for resource in gcs.finalized]
    assert len(parts) == 3
    assert last == "folder/large.mha"
    assert [name for name in (*parts, last) if is_scan(name)] == [last]
    assert [blob.name for blob in bucket.list_blobs()] == [last]
    copy(command, f"gs://{BUCKET}/folder/large.mha", tmp_path / "back.mha")
    assert (tmp_path / "back.mha").read_bytes() == data


def test_the_example_of_its_page_runs(tmp_path, monkeypatch, capsys):
    page = (ROOT / "infrastructure" / "local" / "gcs" / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    ensure_signing_key(tmp_path / "service-account.json", "demo-test")
    made: dict[str, Any] = {}
    exec(example, made)  # noqa: S102 - ours
    made["store"].create_bucket({"name": "b"})

    async def uploaded_and_read() -> bytes:
        transport = httpx.ASGITransport(made["app"])
        async with httpx.AsyncClient(transport=transport, base_url="http://gcs.test") as client:
            upload = "/upload/storage/v1/b/b/o?uploadType=media&name=x"
            assert (await client.post(upload, content=b"1")).is_success
            return (await client.get("/storage/v1/b/b/o/x?alt=media")).content

    assert asyncio.run(uploaded_and_read()) == b"1"
    assert capsys.readouterr().out == "x\n"
