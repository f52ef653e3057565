"""Models with files for every backend."""

import shutil
from pathlib import Path

import pytest

from discai.manifest import (
    MANIFEST_NAME,
    Manifest,
    sha256_of,
    write_manifest,
)
from discai.predictor import WEIGHTS
from pipeline.training.export import export, trained_files


@pytest.fixture(scope="package")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights that came with the code, exported anew."""
    folder = tmp_path_factory.mktemp("exported")
    newest = sorted(WEIGHTS.glob(f"*/{MANIFEST_NAME}"))[-1].parent
    for name in (*trained_files(newest), MANIFEST_NAME):
        shutil.copy(newest / name, folder)
    manifest = Manifest.model_validate_json((folder / MANIFEST_NAME).read_bytes())
    derived = {name: sha256_of(folder / name) for name in export(folder)}
    write_manifest(folder, manifest.model_copy(update={"files": manifest.files | derived}))
    return folder
