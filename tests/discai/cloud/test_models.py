"""Model versions in the bucket and the pointer to the one in production."""

import shutil
from pathlib import Path

import pytest

from discai.cloud.models import ModelStore
from discai.cloud.production import ProductionRepository
from discai.errors import PermanentError
from discai.manifest import manifest_in
from discai.predictor import WEIGHTS
from tests.support.records import model_of


@pytest.fixture
def store(cloud) -> ModelStore:
    bucket = f"{cloud.project}-models"
    cloud.storage.create_bucket(bucket)
    return ModelStore(cloud.storage, bucket)


@pytest.fixture
def production(cloud) -> ProductionRepository:
    return ProductionRepository(cloud.database)


@pytest.fixture
def folder(tmp_path) -> Path:
    (committed,) = (path.parent for path in WEIGHTS.glob("*/manifest.json"))
    return Path(shutil.copytree(committed, tmp_path / "model"))


def test_a_published_model_comes_back_file_by_file(store, folder, tmp_path):
    version = manifest_in(folder).model_version
    store.publish(folder)
    store.publish(folder)
    fetched = store.fetch(version, tmp_path / "fetched")
    for name in (*manifest_in(folder).files, "manifest.json"):
        assert (fetched / name).read_bytes() == (folder / name).read_bytes()


def test_a_version_is_never_overwritten(store, folder):
    store.publish(folder)
    name = next(iter(manifest_in(folder).files))
    (folder / name).write_bytes(b"another network")
    with pytest.raises(PermanentError) as refusal:
        store.publish(folder)
    assert refusal.value.code == "version-taken"


def test_a_model_that_is_not_registered_is_said_to_be_so(store, tmp_path):
    with pytest.raises(PermanentError) as refusal:
        store.fetch("2020-01-01a", tmp_path)
    assert refusal.value.code == "unknown-model"


def test_the_pointer_remembers_where_it_was(production):
    assert production.pointer() is None
    for version in ("a", "b"):
        production.register(model_of(version))
        for _ in range(2):
            production.move(version, f"sha256:{version}", by="run 1", reason="Better.")
    pointer = production.pointer()
    assert pointer.model_version == "b"
    assert [move.model_version for move in pointer.history] == ["a", "b"]


def test_rolling_back_leads_to_a_model_that_was_in_production_only(production):
    for version in ("a", "b", "c"):
        production.register(model_of(version))
    for version in ("a", "b"):
        production.move(version, f"sha256:{version}", by="run", reason="Better.")
    moved = production.roll_back("a", by="admin@example.org")
    assert moved.model_version == "a"
    assert moved.history[-1].by == "admin@example.org"
    for version, code in (("c", "not-in-history"), ("z", "unknown-model")):
        with pytest.raises(PermanentError) as refusal:
            production.roll_back(version, by="admin@example.org")
        assert refusal.value.code == code
