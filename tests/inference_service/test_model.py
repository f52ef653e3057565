"""Which model a worker serves, while the one in production changes under it."""

import math
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

import pytest

from discai.cloud import paths
from discai.cloud.models import ModelStore
from discai.cloud.production import ProductionRepository
from discai.errors import PermanentError, RetryableError
from discai.manifest import manifest_in, write_manifest
from discai.predictor import WEIGHTS
from inference_service.model import BUILT_IN, ServedModel
from inference_service.production import ProductionModels
from tests.support.fake_worker import FakePredictor
from tests.support.waiting import PATIENCE_SECONDS, wait_until


class Predictor(FakePredictor):
    def __init__(self, version: str) -> None:
        super().__init__()
        self.model_version = version or "built-in"


class Production:
    """A pointer that a test moves; loading takes a while, and some versions are broken."""

    def __init__(self, version: str = BUILT_IN, broken: tuple[str, ...] = ()) -> None:
        self.version = version
        self.broken = broken
        self.loading = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    def wanted(self) -> str:
        if self.version == "unknown":
            raise RetryableError("unavailable", "Firestore does not answer.")
        if self.version == "malformed":
            raise ValueError("no pointer")
        return self.version

    def load(self, version: str) -> Predictor:
        self.loading.set()
        self.go_on.wait()
        if version in self.broken:
            raise PermanentError("model-corrupt", "A file of the model was altered.")
        return Predictor(version)


Serve = Callable[..., ServedModel]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a model that follows a pointer for as long as the test runs."""
    with ExitStack() as until_the_end:

        def start(
            production: Production, on_failure: Callable[[], None] = lambda: None
        ) -> ServedModel:
            model = ServedModel(production.load, production.wanted, poll_seconds=0.01)
            until_the_end.callback(model.stop)
            model.start(on_failure)
            return model

        yield start


def test_a_worker_starts_with_the_model_in_production(serve):
    model = serve(Production("run-000001"))
    assert model.get().model_version == "run-000001"


def serves(model: ServedModel, version: str) -> bool:
    return model.version == version


def test_a_worker_follows_the_pointer_forth_and_back(serve):
    production = Production()
    model = serve(production)
    assert model.get().model_version == "built-in"
    for version in ("run-000001", "run-000002", "run-000001"):
        production.version = version
        wait_until(partial(serves, model, version))


def test_the_old_model_serves_while_the_new_one_is_loading(serve):
    production = Production("run-000001")
    model = serve(production)
    model.get()
    production.loading.clear()
    production.go_on.clear()
    production.version = "run-000002"
    assert production.loading.wait(PATIENCE_SECONDS)
    assert model.get().model_version == "run-000001"
    assert not production.go_on.is_set()
    production.go_on.set()
    wait_until(lambda: model.version == "run-000002")


def test_whoever_waits_for_a_version_goes_on_when_it_serves_or_never_will(serve):
    production = Production("run-000001", broken=("run-000003",))
    model = serve(production)
    model.get()
    for version, serving in (("run-000002", "run-000002"), ("run-000003", "run-000002")):
        production.version = version
        model.wait_for(version, seconds=math.inf)
        assert model.version == serving


def test_a_corrupt_model_replaces_nothing_and_the_worker_says_so(serve):
    production = Production("run-000001", broken=("run-000002",))
    model = serve(production)
    model.get()
    production.version = "run-000002"
    wait_until(lambda: model.problem is not None)
    assert model.version == "run-000001"
    assert "run-000002" in model.problem
    assert "altered" in model.problem


def test_a_worker_that_starts_with_a_corrupt_model_in_production_serves_the_built_in_one(serve):
    model = serve(Production("run-000002", broken=("run-000002",)))
    assert model.get().model_version == "built-in"
    assert "run-000002" in model.problem


def test_a_worker_without_any_model_gives_up(serve):
    gave_up = threading.Event()
    production = Production(broken=(BUILT_IN,))
    model = serve(production, on_failure=gave_up.set)
    assert gave_up.wait(PATIENCE_SECONDS)
    assert model.has_failed
    with pytest.raises(RetryableError):
        model.get()


@pytest.mark.parametrize("trouble", ["unknown", "malformed"])
def test_a_worker_keeps_its_model_while_the_pointer_cannot_be_read(serve, trouble):
    production = Production("run-000001")
    model = serve(production)
    model.get()
    production.version = trouble
    time.sleep(0.1)
    assert model.version == "run-000001"
    production.version = "run-000002"
    wait_until(lambda: model.version == "run-000002")


def test_a_worker_that_starts_while_the_pointer_is_malformed_serves_the_built_in_model(serve):
    assert serve(Production("malformed")).get().model_version == "built-in"


def test_a_model_comes_from_the_bucket_only_if_it_is_what_its_manifest_says(cloud, tmp_path):
    bucket = f"{cloud.project}-models"
    cloud.storage.create_bucket(bucket)
    store = ModelStore(cloud.storage, bucket)
    (committed,) = (path.parent for path in WEIGHTS.glob("*/manifest.json"))
    folder = shutil.copytree(committed, tmp_path / "model")
    manifest = manifest_in(folder).model_copy(update={"model_version": "run-000001"})
    write_manifest(folder, manifest)
    store.publish(folder)
    pointer = ProductionRepository(cloud.database)
    models = ProductionModels(pointer, store, backend="")
    assert models.wanted() == BUILT_IN
    pointer.move("run-000001", "sha256:0", by="run 1", reason="Better.")
    assert models.wanted() == "run-000001"
    assert models.load("run-000001").model_version == "run-000001"

    file = sorted(manifest.files)[0]
    cloud.storage.bucket(bucket).blob(paths.model_file("run-000001", file)).upload_from_string(
        b"altered"
    )
    with pytest.raises(PermanentError) as refusal:
        models.load("run-000001")
    assert refusal.value.code == "model-corrupt"
