"""The functions as functions-framework serves them, over the real emulators."""

import base64
import json
import logging

import functions_framework
import pytest
import requests
from flask.testing import FlaskClient
from google.cloud import firestore
from starlette.testclient import TestClient

from discai.cloud import paths
from discai.cloud.paths import scan_id
from discai.cloud.production import ProductionRepository
from discai.cloud.rereading import RereadRepository
from discai.cloud.scans import ScanRepository
from discai.records.record import Failure
from discai.records.scans import SCAN_MAX_BYTES, InferenceRequest
from tests.support import unusable
from tests.support.checkout import ROOT
from tests.support.records import SCAN, model_of, prediction_of, queued_scan, read_earlier
from tests.support.scan_files import dicom_bytes
from tests.support.storm import event_of
from tests.support.studies.drawing import acquisition
from tests.support.tokens import unsigned_token
from tests.support.waiting import PATIENCE_SECONDS

MAIN = ROOT / "functions" / "main.py"
EMAIL = "r@clinic.org"
ORIGIN = "http://web.test"
SCANS = "projects/p/databases/(default)/documents/scans"
ORDER = {"fileName": "Jane Doe.mha", "size": 4, "contentType": "application/octet-stream"}


def function(target: str) -> FlaskClient:
    """A client of one function's app."""
    return functions_framework.create_app(target, str(MAIN)).test_client()


def api() -> TestClient:
    """A client of the api's app."""
    return TestClient(functions_framework.create_app("api", str(MAIN)))


def messages_of(cloud, subscription: str) -> list[InferenceRequest]:
    """What lies in a subscription, taken out of it."""
    url = f"http://{cloud.environment['PUBSUB_EMULATOR_HOST']}/v1/{subscription}:pull"
    body = {"maxMessages": 10, "returnImmediately": True}
    received = (
        requests.post(url, json=body, timeout=PATIENCE_SECONDS).json().get("receivedMessages", [])
    )
    data = [base64.b64decode(message["message"]["data"]) for message in received]
    return [InferenceRequest.model_validate_json(request) for request in data]


@pytest.fixture
def inbox(cloud) -> str:
    """A subscription to the requests."""
    name = f"projects/{cloud.project}/subscriptions/inbox"
    url = f"http://{cloud.environment['PUBSUB_EMULATOR_HOST']}/v1/{name}"
    topic = f"projects/{cloud.project}/topics/inference-requests"
    requests.put(url, json={"topic": topic}, timeout=PATIENCE_SECONDS).raise_for_status()
    return name


def cloud_event(kind: str, data: dict | bytes, event_id: str = "e1") -> dict:
    """Arguments of a POST that carries a CloudEvent as Eventarc sends it, JSON or a protobuf."""
    protobuf = isinstance(data, bytes)
    headers = {
        "ce-id": event_id,
        "ce-specversion": "1.0",
        "ce-type": kind,
        "ce-source": "//storage.googleapis.com/projects/_/buckets/b",
        "content-type": "application/protobuf" if protobuf else "application/json",
    }
    return {"headers": headers, "data": data if protobuf else json.dumps(data)}


class TestEvents:
    FINALIZED = "google.cloud.storage.object.v1.finalized"
    PUBLISHED = "google.cloud.pubsub.topic.v1.messagePublished"
    CREATED = "google.cloud.firestore.document.v1.created"

    def test_every_delivery_of_an_upload_makes_one_scan(self, cloud, inbox):
        client = function("on_scan_uploaded")
        event = {"bucket": cloud.uploads, "name": "x/s.mha", "generation": "3", "size": "9"}
        key = scan_id(cloud.uploads, "x/s.mha", 3)
        for _ in range(3):
            assert client.post("/", **cloud_event(self.FINALIZED, event)).status_code == 200
        assert [scan.id for scan in cloud.firestore.collection(paths.SCANS).stream()] == [key]
        assert {request.scan_id for request in messages_of(cloud, inbox)} == {key}

    @pytest.mark.parametrize(
        ("target", "kind", "data", "code"),
        [
            ("on_scan_uploaded", FINALIZED, {}, "malformed-event"),
            ("on_scan_uploaded", FINALIZED, [["bucket", "b"], ["name", "n"]], "malformed-event"),
            ("on_dead_letter", PUBLISHED, {"message": {"data": "e30="}}, "malformed-event"),
            ("on_label_created", CREATED, b"\xff\xff", "malformed-event"),
            ("on_label_created", CREATED, {}, "malformed-event"),
            ("on_label_created", CREATED, event_of(f"{SCANS}/{SCAN}"), "malformed-event"),
            ("on_label_created", CREATED, event_of(f"{SCANS}/../labels/l"), "malformed-event"),
            ("on_label_created", CREATED, event_of(f"{SCANS}/__x__/labels/l"), "malformed-event"),
            ("on_label_created", CREATED, event_of(f"{SCANS}/{SCAN}/labels/l"), "unknown-scan"),
        ],
    )
    def test_an_event_that_can_never_be_handled_is_logged_and_not_asked_for_again(
        self, cloud, caplog, target, kind, data, code
    ):
        assert function(target).post("/", **cloud_event(kind, data)).status_code == 200
        (told,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
        level = "WARNING" if code == "malformed-event" else "ERROR"  # whose fault it is
        assert (told.code, told.eventId, told.levelname) == (code, "e1", level)

    @pytest.mark.parametrize("target", ["on_scan_uploaded", "on_label_created", "on_dead_letter"])
    def test_a_body_that_is_no_event_is_a_bad_request(self, cloud, caplog, target):
        client = function(target)
        for body in unusable.BODIES:
            event = {**cloud_event(self.FINALIZED, {}), "data": body}
            assert client.post("/", **event).status_code in (200, 400)
            bare = {"content-type": "application/json"}
            assert client.post("/", data=body, headers=bare).status_code == 400
        assert not [record for record in caplog.records if record.levelno >= logging.ERROR]

    def test_without_the_secret_a_slice_is_left_to_the_sweep_and_other_uploads_are_queued(
        self, cloud, caplog, monkeypatch
    ):
        monkeypatch.delenv("STUDY_KEYS_SECRET")
        client = function("on_scan_uploaded")
        files = {
            "study/IM0": dicom_bytes(acquisition("T2", count=1)[0]),
            "study/scan.mha": b"NDims = 3",
        }
        for name, data in files.items():
            blob = cloud.storage.bucket(cloud.uploads).blob(name)
            blob.upload_from_string(data)
            event = cloud_event(self.FINALIZED, blob._properties)
            assert client.post("/", **event).status_code == 200
        (told,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
        assert "STUDY_KEYS_SECRET" in told.message
        (scan,) = cloud.firestore.collection(paths.SCANS).stream()
        assert scan.get("object.name") == "study/scan.mha"
        assert function("sweep").get("/gathers").status_code == 200

    def test_a_broken_cloud_answers_500_so_that_the_event_comes_again(self, cloud, monkeypatch):
        monkeypatch.setenv("INFERENCE_TOPIC", "no-such-topic")
        client = function("on_scan_uploaded")
        event = {"bucket": cloud.uploads, "name": "s.mha", "generation": "3", "size": "9"}
        assert client.post("/", **cloud_event(self.FINALIZED, event)).status_code == 500

    def test_a_label_is_exported_stamped_and_counted(self, cloud):
        scans = ScanRepository(cloud.database)
        scans.create(SCAN, queued_scan())
        scans.claim(SCAN, "worker").finish(prediction_of("m1"), [], {})
        box = {"x": 1, "y": 2, "width": 4, "height": 8, "level": "L4-L5", "herniation": True}
        label = cloud.firestore.document(paths.label(SCAN, "l1"))
        label.set(
            {
                "kind": "correction",
                "slices": {"1": [box]},
                "author": "uid",
                "authorEmail": EMAIL,
                "createdAt": firestore.SERVER_TIMESTAMP,
                "modelVersion": "m1",
            }
        )
        client = function("on_label_created")
        event = cloud_event(self.CREATED, event_of(label._document_path))
        for _ in range(2):
            assert client.post("/", **event).status_code == 200
        (blob,) = cloud.storage.list_blobs(cloud.results)
        assert blob.name == f"user_corrected_labels/overlay_{SCAN}.txt"
        assert blob.download_as_text() == "7 0.300000 0.300000 0.400000 0.400000\n"
        assert scans.get(SCAN).labelled_by == [EMAIL]
        control = cloud.firestore.document(paths.RETRAINING).get().to_dict()
        assert (control["count"], control["threshold"]) == (1, 50)
        assert control["state"] == "not-configured"

    def test_the_scheduler_counts_when_nobody_labels(self, cloud):
        assert function("sweep").post("/").status_code == 200
        control = cloud.firestore.document(paths.RETRAINING).get().to_dict()
        assert control["count"] == 0

    def test_a_dead_letter_ends_a_scan_and_its_second_delivery_spares_a_retried_one(self, cloud):
        scans = ScanRepository(cloud.database)
        scans.create(SCAN, queued_scan().model_copy(update={"attempt": 20}))
        client = function("on_dead_letter")
        request = InferenceRequest(scan_id=SCAN, bucket="b", name="n", generation=1)
        data = base64.b64encode(request.model_dump_json(by_alias=True).encode()).decode()
        letter = cloud_event(self.PUBLISHED, {"message": {"data": data}})
        assert client.post("/", **letter).status_code == 200
        assert scans.get(SCAN).status == "dead"
        scans.requeue(SCAN, by=EMAIL)
        assert client.post("/", **letter).status_code == 200
        assert scans.get(SCAN).status == "queued"

    def test_a_dead_letter_of_a_further_reading_leaves_the_scan_alone(self, cloud):
        scans = ScanRepository(cloud.database)
        scans.create(SCAN, queued_scan())
        scans.claim(SCAN, "worker").finish(prediction_of("m1"), [], {})
        production = ProductionRepository(cloud.database)
        production.move("m2", "sha256:2", by="run", reason="Better.")
        (request,) = RereadRepository(cloud.database).order("m2", 1, by=EMAIL)
        cloud.firestore.document(paths.reread("m2", SCAN)).update({"begun": 5})
        before = scans.get(SCAN)
        data = base64.b64encode(request.model_dump_json(by_alias=True).encode()).decode()
        letter = cloud_event(self.PUBLISHED, {"message": {"data": data}})
        for _ in range(2):
            assert function("on_dead_letter").post("/", **letter).status_code == 200
        assert scans.get(SCAN) == before
        reread = cloud.firestore.document(paths.reread("m2", SCAN)).get().to_dict()
        assert (reread["state"], reread["error"]["code"]) == ("failed", "gave-up")


class TestApi:
    @pytest.fixture
    def scans(self, cloud) -> ScanRepository:
        cloud.firestore.document(paths.reviewer(EMAIL)).set({"role": "reviewer"})
        return ScanRepository(cloud.database)

    @pytest.fixture
    def call(self, cloud, scans):
        """Calls the api as somebody with the given claims, by default as the reviewer."""
        client = api()

        def call(method: str, path: str, body: object = None, claims: dict | None = None):
            token = unsigned_token(
                cloud.project, {"email": EMAIL, "email_verified": True, **(claims or {})}
            )
            headers = {"Authorization": f"Bearer {token}", "Origin": ORIGIN}
            return client.request(method, path, json=body, headers=headers)

        return call

    def test_an_upload_goes_through_the_session_it_was_given(self, cloud, call):
        answer = call("POST", "/uploads", ORDER)
        assert answer.status_code == 201
        assert answer.json()["bucket"] == cloud.uploads
        put = requests.put(
            answer.json()["uploadUrl"],
            data=b"scan",
            headers={"Content-Range": "bytes 0-3/4", "Origin": ORIGIN},
            timeout=PATIENCE_SECONDS,
        )
        assert put.status_code == 200
        assert put.headers["Access-Control-Allow-Origin"] == ORIGIN
        blob = cloud.storage.bucket(cloud.uploads).get_blob(answer.json()["objectName"])
        assert blob.metadata == {"uploadedBy": EMAIL, "fileName": "Jane Doe.mha"}
        assert blob.name.endswith("/Jane_Doe.mha")

    @pytest.mark.parametrize(
        ("change", "status", "code"),
        [
            ({"size": SCAN_MAX_BYTES + 1}, 413, "too-large"),
            ({"size": 0}, 400, "bad-request"),
            ({"size": "many"}, 400, "bad-request"),
            ({"size": True}, 400, "bad-request"),
            ({"fileName": ""}, 400, "bad-request"),
            ({"contentType": "x\r\ny: z"}, 400, "bad-request"),
        ],
    )
    def test_an_upload_that_can_not_be_is_refused_with_a_sentence(self, call, change, status, code):
        answer = call("POST", "/uploads", {**ORDER, **change})
        assert answer.status_code == status
        assert answer.json()["error"]["code"] == code
        assert answer.json()["error"]["message"].endswith(".")

    def test_a_body_that_is_no_json_is_a_bad_request(self, call):
        assert call("POST", "/uploads").status_code == 400
        assert call("POST", "/uploads", ["x"]).status_code == 400

    @pytest.mark.parametrize(
        ("claims", "status", "code"),
        [
            ({"aud": "another-project"}, 401, "not-signed-in"),
            ({"email_verified": False}, 403, "not-a-reviewer"),
            ({"email": "stranger@x.org"}, 403, "not-a-reviewer"),
            ({"email": ""}, 403, "not-a-reviewer"),
            ({"email": "a/b"}, 403, "not-a-reviewer"),
        ],
    )
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("POST", "/uploads"),
            ("GET", f"/scans/{SCAN}/predictions/m1/artifacts"),
            ("POST", f"/scans/{SCAN}/retry"),
            ("GET", "/nowhere"),
        ],
    )
    def test_every_call_needs_a_reviewer(self, call, method, path, claims, status, code):
        answer = call(method, path, {}, claims)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)

    def test_without_a_token_nothing_works(self, cloud):
        client = api()
        for headers in ({}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer rubbish"}):
            answer = client.post("/uploads", json=ORDER, headers=headers)
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not-signed-in")

    def test_artifacts_of_a_prediction_open_without_a_token_for_a_while(self, cloud, scans, call):
        scans.create(SCAN, queued_scan())
        prediction = prediction_of("m1")
        scans.claim(SCAN, "worker").finish(prediction, [], {})
        results = cloud.storage.bucket(cloud.results)
        results.blob(prediction.artifacts.pictures).upload_from_string(b"aaabcccd")
        results.blob(prediction.artifacts.segmentation).upload_from_string(b"mask")
        answer = call("GET", f"/scans/{SCAN}/predictions/m1/artifacts").json()
        opened = requests.get(
            answer["pictures"], headers={"range": "bytes=4-7"}, timeout=PATIENCE_SECONDS
        )
        assert (opened.status_code, opened.content) == (206, b"cccd")
        assert answer["expiresAt"].endswith("+00:00")
        file = call("GET", f"/scans/{SCAN}/predictions/m1/files/segmentation.mha").json()["url"]
        assert requests.get(file, timeout=PATIENCE_SECONDS).content == b"mask"

    def test_artifacts_that_were_stored_one_by_one_still_open(self, cloud, scans, call):
        scans.create(SCAN, queued_scan())
        prediction = read_earlier(prediction_of("m1"))
        scans.claim(SCAN, "worker").finish(prediction, [], {})
        results = cloud.storage.bucket(cloud.results)
        results.blob(f"scans/{SCAN}/m1/mask-02.png").upload_from_string(b"mask 2")
        answer = call("GET", f"/scans/{SCAN}/predictions/m1/artifacts").json()
        assert (answer["pictures"], len(answer["slices"]), len(answer["masks"])) == (None, 3, 3)
        assert requests.get(answer["masks"][2], timeout=PATIENCE_SECONDS).content == b"mask 2"

    def test_a_row_loads_a_thumbnail_or_what_there_was_before(self, cloud, scans, call):
        scans.create(SCAN, queued_scan())
        read = prediction_of("m1")
        old = read_earlier(read.model_copy(update={"model_version": "m0"}))
        scans.claim(SCAN, "worker").finish(read, [], {})
        cloud.firestore.document(paths.prediction(SCAN, "m0")).set(old.to_document())
        small = call("GET", f"/scans/{SCAN}/predictions/m1/thumbnail").json()["url"]
        whole = call("GET", f"/scans/{SCAN}/predictions/m0/thumbnail").json()["url"]
        assert "/thumbnail.jpg" in small
        assert f"/overlay-{read.key_slice:02d}.png" in whole

    def test_a_failed_scan_is_queued_and_published_again(self, cloud, scans, call, inbox):
        scans.create(SCAN, queued_scan())
        claim = scans.claim(SCAN, "worker")
        assert call("POST", f"/scans/{SCAN}/retry").status_code == 409
        claim.fail(Failure(code="object-gone", message="Gone."))
        assert call("POST", f"/scans/{SCAN}/retry").status_code == 202
        assert scans.get(SCAN).status == "queued"
        assert [request.scan_id for request in messages_of(cloud, inbox)] == [SCAN]

    def test_what_is_not_there_is_not_found(self, scans, call):
        scans.create(SCAN, queued_scan())
        for method, path in (
            ("GET", f"/scans/{SCAN}/predictions/m9/artifacts"),
            ("POST", "/scans/nobody/retry"),
            ("POST", f"/scans/{'a' * 26}/retry"),
            ("GET", "/scans/__all__/predictions/__all__/thumbnail"),
            ("GET", f"/scans/{SCAN}/predictions/m1/files/overlay-00.png"),
            ("GET", "/nowhere"),
        ):
            answer = call(method, path)
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not-found")

    def test_only_pages_of_our_origin_may_call(self, cloud):
        client = api()
        ask = {"Access-Control-Request-Method": "POST"}
        ours = client.options("/uploads", headers={"Origin": ORIGIN, **ask})
        assert ours.status_code == 204
        assert ours.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "authorization" in ours.headers["Access-Control-Allow-Headers"]
        theirs = client.options("/uploads", headers={"Origin": "http://evil.test", **ask})
        assert "Access-Control-Allow-Origin" not in theirs.headers

    def test_calls_through_hosting_keep_their_prefix(self, call):
        assert call("POST", "/api/uploads", ORDER).status_code == 201

    def test_an_administrator_rolls_back_to_a_model_that_was_in_production(self, cloud, call):
        production = ProductionRepository(cloud.database)
        for version in ("a", "b"):
            production.register(model_of(version))
            production.move(version, f"sha256:{version}", by="run", reason="Better.")
        refused = call("POST", "/models/a/rollback")
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not-an-admin")
        assert production.pointer().model_version == "b"

        cloud.firestore.document(paths.reviewer(EMAIL)).set({"role": "admin"})
        assert call("POST", "/models/a/rollback").status_code == 200
        assert production.pointer().model_version == "a"
        assert production.pointer().history[-1].by == EMAIL
        unknown = call("POST", "/models/z/rollback")
        assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "unknown-model")

    def test_an_administrator_has_the_newest_scans_read_again(self, cloud, scans, call, inbox):
        scans.create(SCAN, queued_scan())
        scans.claim(SCAN, "worker").finish(prediction_of("m1"), [], {})
        production = ProductionRepository(cloud.database)
        production.move("m2", "sha256:2", by="run", reason="Better.")
        refused = call("POST", "/models/m2/read-again", {"count": 5})
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not-an-admin")
        assert messages_of(cloud, inbox) == []

        cloud.firestore.document(paths.reviewer(EMAIL)).set({"role": "admin"})
        for body in (None, {}, {"count": 0}, {"count": 101}, {"count": "many"}):
            assert call("POST", "/models/m2/read-again", body).status_code == 400
        assert call("POST", "/models/m1/read-again", {"count": 5}).status_code == 409
        for _ in range(2):  # a second click asks for what still waits
            answer = call("POST", "/models/m2/read-again", {"count": 5})
            assert (answer.status_code, answer.json()) == (202, {"count": 1})
        messages = messages_of(cloud, inbox)
        assert {(each.scan_id, each.read_again_with) for each in messages} == {(SCAN, "m2")}
