"""`discai serve`: a file is sent, and what `discai predict` would write is the answer."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from discai.commands.cli import main
from discai.commands.prediction_app import Limits, create_app
from discai.errors import PermanentError
from discai.pictures.output import prediction_json
from discai.reading import Reading
from discai.readings.study import load, read_with
from discai.records.prediction import PredictionFile
from discai.records.scans import Step
from discai.scan import Scan
from tests.support.checkout import ROOT, require_tool
from tests.support.readings import reading_of
from tests.support.scan_files import mha_bytes, write
from tests.support.studies.archives import cases

DISCAI = Path(sys.executable).with_name("discai")
PAGE = (ROOT / "docs" / "serve.md").read_text(encoding="utf-8")
VOLUME = np.random.default_rng(1).integers(0, 999, (5, 48, 44)).astype(np.uint16)
SCAN = mha_bytes(VOLUME)


class FakeModel:
    """Finds two discs; none in four slices, and breaks off at three."""

    herniation_threshold = 0.42
    model_version = "2026-01-01a"
    model_digest = "sha256:00"
    device = "cpu, by hand"

    def read(self, scan: Scan, progress: Callable[[Step, int, int], None]) -> Reading:
        progress("segmenting", 1, 1)
        if len(scan.voxels) == 4:
            raise PermanentError("no-discs", "No discs are visible.")
        if len(scan.voxels) == 3:
            raise MemoryError
        return reading_of(scan)


@pytest.fixture
def client() -> Iterator[TestClient]:
    limits = Limits(max_bytes=100_000)
    with TestClient(create_app(FakeModel(), limits), raise_server_exceptions=False) as client:
        yield client


def refusal(client: TestClient, body: bytes, status: int, **options: str) -> tuple[str, str]:
    """Code and sentence of a call that is refused with this status."""
    answer = client.post("/predict", content=body, params=options)
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    return error["code"], error["message"]


def test_the_answer_is_the_prediction_of_the_file(client: TestClient, tmp_path: Path) -> None:
    answer = client.post("/predict", content=SCAN, params={"name": "anna.mha"})
    assert answer.status_code == 200
    reading = read_with(FakeModel(), write(tmp_path, "scan.mha", SCAN))
    known = reading.main.prediction
    assert answer.json() | {"seconds": 0} == known | {"seconds": 0}
    assert list(answer.json()["seconds"]) == ["read", "segment"]


def test_the_name_is_not_needed_where_the_content_says_the_format(client: TestClient) -> None:
    assert client.post("/predict", content=SCAN).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 422, "empty"),
        (SCAN[:-50], 422, "truncated"),
        (b"no scan at all", 422, "not-an-image"),
        (mha_bytes(VOLUME[:4]), 422, "no-discs"),
        (bytes(100_001), 413, "too-large"),
        (mha_bytes(VOLUME[:3]), 500, "internal"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_code_and_a_sentence(
    client: TestClient, body: bytes, status: int, code: str
) -> None:
    said, sentence = refusal(client, body, status)
    assert said == code
    assert sentence.endswith(".")
    assert client.post("/predict", content=SCAN).status_code == 200  # it goes on


@pytest.mark.usefixtures("decoding_here")
def test_of_a_study_the_series_that_is_named_is_read() -> None:
    study = cases()["whole-study"].zipped()
    with TestClient(create_app(FakeModel(), Limits())) as client:
        code, sentence = refusal(client, study, 422)
        assert code == "several-series"
        assert sentence.startswith("The file holds 1-t1, 2-t2, 3-stir;")
        assert refusal(client, study, 422, series="9-t9")[0] == "no-such-series"
        answer = client.post("/predict", content=study, params={"series": "2-t2"})
        assert answer.json()["scan"]["shape"][0] == 7
    with TestClient(create_app(FakeModel(), Limits())) as client:
        assert refusal(client, SCAN, 422, series="2-t2")[0] == "no-such-series"


def test_pages_of_the_web_and_other_addresses_are_refused(client: TestClient) -> None:
    answer = client.post("/predict", content=SCAN, headers={"Origin": "https://example.org"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "web-page")
    for answer in (client.get("/"), client.get("/predict")):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no-such-address")


def test_more_files_than_may_wait_are_asked_to_come_again() -> None:
    reading, go_on = threading.Event(), threading.Event()

    class Slow(FakeModel):
        def read(self, scan: Scan, progress: Callable[[Step, int, int], None]) -> Reading:
            reading.set()
            assert go_on.wait(30)
            return super().read(scan, progress)

    app = create_app(Slow(), Limits(waiting=0))
    with TestClient(app) as client, ThreadPoolExecutor() as pool:
        first = pool.submit(client.post, "/predict", content=SCAN)
        assert reading.wait(30)
        busy = client.post("/predict", content=SCAN)
        assert client.get("/healthz").json()["status"] == "ready"
        go_on.set()
        assert (busy.status_code, busy.json()["error"]["code"]) == (503, "busy")
        assert int(busy.headers["Retry-After"]) > 0
        assert first.result().status_code == 200
        assert client.post("/predict", content=SCAN).status_code == 200


def test_the_description_has_the_answer_and_every_refusal(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    call = document["paths"]["/predict"]["post"]
    answer = call["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    fields = document["components"]["schemas"][answer.rpartition("/")[2]]["properties"]
    assert set(fields) == set(client.post("/predict", content=SCAN).json())
    assert set(call["requestBody"]["content"]) == {"application/octet-stream"}
    assert set(call["responses"]) == {"200", "403", "408", "413", "422", "500", "503"}
    told = set(re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE))
    assert told == set(call["responses"]) - {"200"} | {"404"}


def test_healthz_says_which_model_reads(client: TestClient) -> None:
    assert client.get("/healthz").json() == {
        "status": "ready",
        "modelVersion": "2026-01-01a",
        "modelDigest": "sha256:00",
        "device": "cpu, by hand",
    }


@pytest.mark.parametrize("arguments", [["--port", "70000"], ["--host", "no.such.host.invalid"]])
@pytest.mark.process
def test_a_port_that_cannot_be_opened_is_wrong_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", *arguments]) == 2
    assert "bad-option: " in capsys.readouterr().err


@pytest.mark.model
def test_the_prediction_file_is_described_field_by_field(tmp_path: Path) -> None:
    assert main(["phantom", "--out", str(tmp_path / "phantom.mha")]) == 0
    (series,) = read_with(load(), tmp_path / "phantom.mha").series
    known = json.loads(json.dumps(prediction_json(series.scan, series.reading)))
    described = PredictionFile.model_validate(known)
    assert described.model_dump(by_alias=True, mode="json") == known


@pytest.mark.model
def test_the_page_s_commands_read_the_phantom(tmp_path: Path) -> None:
    require_tool("curl", "install curl")
    (draw, start, call) = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    assert draw == "uv run discai phantom --out phantom.mha\n"
    assert main(["phantom", "--out", str(tmp_path / "phantom.mha")]) == 0
    assert start.strip() == "uv run discai serve"
    serving = subprocess.Popen(
        [DISCAI, "serve", "--port", "0"], cwd=tmp_path, stdout=subprocess.PIPE, encoding="utf-8"
    )
    try:
        assert serving.stdout is not None
        address = serving.stdout.readline().removeprefix("Listening on ").strip()
        typed = call.replace("http://127.0.0.1:8080", address)
        answer = subprocess.run(
            ["bash", "-c", typed], cwd=tmp_path, capture_output=True, check=True, timeout=120
        )
        prediction = PredictionFile.model_validate_json(answer.stdout)
    finally:
        serving.terminate()
        serving.wait(60)
    likeliest = max(prediction.discs, key=lambda disc: disc.herniation)
    assert likeliest.level == "L4-L5"
    assert serving.returncode in (0, -15)
