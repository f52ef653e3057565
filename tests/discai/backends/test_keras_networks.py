"""Weights that would do harm are refused before Keras builds anything."""

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from discai.backends.keras_networks import load_keras
from discai.errors import PermanentError
from discai.manifest import SEGMENTATION, keras_file

Configuration = dict[str, Any]


def refusal(folder: Path) -> PermanentError:
    with pytest.raises(PermanentError) as refused:
        load_keras(folder, SEGMENTATION)
    assert refused.value.code == "model-corrupt"
    return refused.value


def reconfigured(exported: Path, folder: Path, widths: list[int]) -> Path:
    """The segmentation network with layers of other sizes in its configuration."""
    name = keras_file(SEGMENTATION)
    with zipfile.ZipFile(exported / name) as old, zipfile.ZipFile(folder / name, "w") as new:
        for entry in old.namelist():
            content = old.read(entry)
            if entry == "config.json":
                configuration = json.loads(content)
                configuration["config"]["widths"] = widths
                content = json.dumps(configuration).encode()
            new.writestr(entry, content)
    return folder


@pytest.mark.parametrize("widths", [[10**6] * 6, [8] * 5000, [10**30]])
def test_absurdly_big_layers_are_refused(exported: Path, tmp_path: Path, widths: list[int]) -> None:
    assert "does not fit" in refusal(reconfigured(exported, tmp_path, widths)).message


def test_an_archive_that_unpacks_to_gigabytes_is_refused(exported: Path, tmp_path: Path) -> None:
    path = tmp_path / keras_file(SEGMENTATION)
    shutil.copy(exported / path.name, path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("assets/zeros", bytes(70 * 2**20))
    refusal(tmp_path)


def test_code_in_a_network_is_refused(tmp_path: Path) -> None:
    network = keras.Sequential([keras.layers.Input((4,)), keras.layers.Lambda(lambda x: x + 1)])
    network.save(tmp_path / keras_file(SEGMENTATION))
    refusal(tmp_path)


def test_half_precision_agrees_with_full(exported: Path) -> None:
    """What a GPU computes with; slow, but possible on a CPU."""
    slices = np.random.default_rng(0).random((1, 64, 64, 1), np.float32)
    full, half = (
        load_keras(exported, SEGMENTATION, dtype)(slices).numpy()
        for dtype in ("float32", "mixed_float16")
    )
    assert half.dtype == np.float32
    assert np.abs(full - half).max() < 0.02
