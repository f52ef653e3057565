from datetime import UTC, datetime

import pytest

from discai.errors import PermanentError
from discai.manifest import (
    MAX_FILE_BYTES,
    Manifest,
    Thresholds,
    load_manifest,
    sha256_of,
    write_manifest,
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "network.keras").write_bytes(b"weights")
    manifest = Manifest(
        model_version="2026-11-24a",
        created_at=datetime(2026, 11, 24, tzinfo=UTC),
        files={"network.keras": sha256_of(tmp_path / "network.keras")},
        preprocessing_id="pixels-1",
        crops_id="crops-1",
        input_shape=(None, None, 1),
        thresholds=Thresholds(disc=0.5, vertebra=0.5, canal=0.5, herniation=0.1),
        dataset_digest="sha256:0",
        metrics={"disc": 0.9},
        git_commit="0" * 40,
        licence="CC-BY-4.0",
    )
    write_manifest(tmp_path, manifest)
    return tmp_path


def load(folder, preprocessing_id="pixels-1", crops_id="crops-1", needed=()):
    return load_manifest(
        folder, preprocessing_id=preprocessing_id, crops_id=crops_id, needed=needed
    )


def refusal(folder, **options) -> PermanentError:
    with pytest.raises(PermanentError) as refused:
        load(folder, **options)
    return refused.value


def test_a_whole_folder_loads_with_its_digest(folder):
    manifest, digest = load(folder)
    assert manifest.model_version == "2026-11-24a"
    assert digest == f"sha256:{sha256_of(folder / 'manifest.json')}"


def test_an_altered_weight_file_is_refused(folder):
    (folder / "network.keras").write_bytes(b"other weights")
    assert refusal(folder).code == "model-corrupt"
    assert "network.keras" in refusal(folder).message


def test_a_missing_weight_file_is_refused(folder):
    (folder / "network.keras").unlink()
    assert refusal(folder).code == "model-corrupt"


def test_a_folder_without_manifest_is_refused(tmp_path):
    assert refusal(tmp_path).code == "model-corrupt"


def test_a_weight_file_that_nobody_vouches_for_is_refused(folder):
    (folder / "other.keras").write_bytes(b"weights")
    error = refusal(folder, needed=("network.keras", "other.keras"))
    assert error.code == "model-corrupt"
    assert "other.keras" in error.message


def test_a_huge_file_is_refused_unread(folder):
    with (folder / "network.keras").open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    assert "too large" in refusal(folder).message


def test_garbage_in_place_of_a_manifest_is_refused(folder):
    (folder / "manifest.json").write_bytes(b"\xff\xfe\x00{" * 9)
    assert refusal(folder).code == "model-corrupt"
    (folder / "manifest.json").unlink()
    (folder / "manifest.json").mkdir()
    assert refusal(folder).code == "model-corrupt"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"model_version": "2026-11-24a"', '"model_version": "../x"'),
        ('"network.keras"', '"../network.keras"'),
        ('"disc": 0.5', '"disc": 5'),
        ('"licence"', '"license"'),
        ("{", ""),
    ],
)
def test_an_invalid_manifest_is_refused(folder, old, new):
    path = folder / "manifest.json"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1))
    assert refusal(folder).code == "model-corrupt"


def test_weights_for_other_input_are_refused(folder):
    assert refusal(folder, preprocessing_id="pixels-2").code == "model-mismatch"
    assert "herniation" in refusal(folder, crops_id="crops-2").message
