"""`discai upload` against the real api and our Cloud Storage, over a network that breaks."""

from collections.abc import Iterator
from pathlib import Path

import functions_framework
import httpx
import numpy as np
import pytest
from google.cloud import storage
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from discai.cloud import paths
from discai.commands.bundles import Bundle
from discai.commands.upload import Uploader, UploadSettings, upload_files
from discai.errors import PermanentError
from discai.records.api import UploadSession
from infrastructure.local import auth
from tests.support.checkout import ROOT
from tests.support.emulators import served

MAIN = ROOT / "functions" / "main.py"
EMAIL, PASSWORD = "r@clinic.org", "secret"


class BadNetwork:
    """Stands before Cloud Storage; does to each chunk what the next of `faults` says."""

    def __init__(self, storage_url: str) -> None:
        self.faults: list[str] = []
        self.chunks: list[str] = []
        self._client = httpx.AsyncClient(base_url=storage_url, timeout=30)
        self.app = Starlette(
            routes=[Route("/{path:path}", self.forward, methods=["GET", "POST", "PUT", "DELETE"])]
        )

    async def forward(self, request: Request) -> Response:
        is_chunk = request.method == "PUT"
        fault = self.faults.pop(0) if is_chunk and self.faults else ""
        if is_chunk:
            self.chunks.append(request.headers["content-range"])
        if fault in ("lost", "too slow"):
            return Response(status_code=503 if fault == "lost" else 408)
        body = await request.body()
        answer = await self._client.request(
            request.method, str(request.url.path), params=request.url.query, content=body,
            headers={k: v for k, v in request.headers.items() if k != "content-length"},
        )  # fmt: skip
        if fault == "answer lost":
            return Response(status_code=502)
        if fault == "refused":
            return Response(status_code=410)
        return Response(answer.content, answer.status_code, dict(answer.headers))


@pytest.fixture
def network(cloud, storage_url) -> BadNetwork:
    return BadNetwork(storage_url)


@pytest.fixture
def settings(cloud, network, monkeypatch) -> Iterator[UploadSettings]:
    """The api with its reviewer, and its uploads go over the bad network."""
    cloud.firestore.document(paths.reviewer(EMAIL)).set({"role": "reviewer"})
    users = auth.Auth(cloud.project, (auth.User("u1", EMAIL, PASSWORD, "Reviewer"),))
    with served(network.app) as url, served(auth.create_app(users, "http://web.test")) as sign_in:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", url)
        host = sign_in.removeprefix("http://")
        monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", host)
        with served(functions_framework.create_app("api", str(MAIN))) as api_url:
            yield UploadSettings(
                api_url=api_url,
                reviewer_email=EMAIL,
                reviewer_password=PASSWORD,
                firebase_auth_emulator_host=host,
            )


@pytest.fixture
def big_file(tmp_path) -> Path:
    """Three chunks."""
    path = tmp_path / "big.mha"
    path.write_bytes(np.random.default_rng(0).bytes(20_000_000))
    return path


def stored(storage_url: str, gs_name: str) -> bytes:
    """An object's bytes, fetched past the bad network."""
    client = storage.Client(client_options={"api_endpoint": storage_url})
    bucket, _, name = gs_name.removeprefix("gs://").partition("/")
    return client.bucket(bucket).blob(name).download_as_bytes()


@pytest.mark.parametrize(
    "faults",
    [
        [],
        ["", "lost"],
        ["too slow"],
        ["answer lost"],
        ["", "", "answer lost"],
        ["lost", "lost", "answer lost", "lost", "", "lost"],
    ],
    ids=["whole", "chunk lost", "too slow", "answer lost", "last answer lost", "very bad"],
)
def test_a_file_arrives_whole_whatever_the_network_does(
    cloud, storage_url, network, settings, big_file, faults
):
    network.faults = list(faults)
    uploader = Uploader(settings, first_pause_seconds=0.01)
    uploader.sign_in()
    name = uploader.upload(Bundle("big.mha", (big_file,)))
    assert name.startswith(f"gs://{cloud.uploads}/")
    assert stored(storage_url, name) == big_file.read_bytes()
    sent = [chunk for chunk in network.chunks if not chunk.startswith("bytes *")]
    assert len(sent) <= 3 + len(faults)


def test_an_upload_that_the_cloud_gave_up_is_one_line_and_the_others_go_on(
    network, settings, tmp_path, capsys
):
    paths = [tmp_path / f"{name}.mha" for name in "ab"]
    for path in paths:
        path.write_bytes(b"scan")
    network.faults = ["refused"]
    complaints: list[str] = []
    assert upload_files(paths, settings, complaints.append) == 1
    assert complaints == ["a.mha: The cloud gave this upload up; please start again."]
    [line] = capsys.readouterr().out.splitlines()
    assert line.endswith("/b.mha")


def test_a_refusal_of_the_api_is_told_in_its_words(cloud, settings, tmp_path):
    cloud.firestore.document(paths.reviewer(EMAIL)).delete()
    path = tmp_path / "a.mha"
    path.write_bytes(b"scan")
    complaints: list[str] = []
    assert upload_files([path], settings, complaints.append) == 1
    assert complaints == ["a.mha: Your account is not on the list of reviewers."]


def test_an_empty_file_is_told_before_anybody_is_asked(tmp_path):
    nowhere = UploadSettings(
        api_url="http://nowhere.test", reviewer_email=EMAIL, reviewer_password=PASSWORD
    )
    paths = [tmp_path / "a.mha", tmp_path / "b.nii.gz"]
    for path in paths:
        path.touch()
    complaints: list[str] = []
    assert upload_files(paths, nowhere, complaints.append) == 2
    assert complaints == [f"{path.name}: The file is empty." for path in paths]


def test_a_full_file_goes_on_beside_an_empty_one(cloud, settings, tmp_path, capsys):
    (tmp_path / "empty.mha").touch()
    (tmp_path / "full.mha").write_bytes(b"scan")
    complaints: list[str] = []
    paths = [tmp_path / "empty.mha", tmp_path / "full.mha"]
    assert upload_files(paths, settings, complaints.append) == 1
    assert complaints == ["empty.mha: The file is empty."]
    assert capsys.readouterr().out.endswith("/full.mha\n")


def test_a_file_that_shrinks_on_the_way_is_told_and_not_stored(
    cloud, network, settings, big_file, monkeypatch
):
    complaints: list[str] = []
    order = Uploader._session

    def shrunk(uploader: Uploader, name: str, size: int) -> UploadSession:
        session = order(uploader, name, size)
        with big_file.open("r+b") as file:
            file.truncate(9_000_000)
        return session

    monkeypatch.setattr(Uploader, "_session", shrunk)
    assert upload_files([big_file], settings, complaints.append) == 1
    assert complaints == ["big.mha: The file was changed while it was sent."]
    assert not list(cloud.storage.list_blobs(cloud.uploads))


def test_a_wrong_password_ends_it_before_anything_is_sent(settings, network, tmp_path):
    path = tmp_path / "a.mha"
    path.write_bytes(b"scan")
    with pytest.raises(PermanentError, match="password are wrong"):
        upload_files([path], settings.model_copy(update={"reviewer_password": "wrong"}), print)
    assert not network.chunks
