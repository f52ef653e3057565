"""Manifest of a folder of weights, and the refusal of a folder that isn't what it says."""

import hashlib
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from discai.errors import PermanentError

MANIFEST_NAME = "manifest.json"
SEGMENTATION: Final = "segmentation"
HERNIATION: Final = "herniation"
#: Models that were made before December 2026 have none.
GRADINGS: Final = "gradings"
NETWORKS: Final = (SEGMENTATION, HERNIATION, GRADINGS)

#: DiscAI's are a hundredth of it; a larger file is neither hashed nor loaded.
MAX_FILE_BYTES: Final = 64 * 2**20

#: Names a folder of weights, a document and a part of a path.
MODEL_VERSION_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"

FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Probability = Annotated[float, Field(ge=0, le=1)]


def keras_file(network: str) -> str:
    """The file that a network is trained into; every other file of it is derived from this one."""
    return f"{network}.keras"


SEGMENTATION_FILE: Final = keras_file(SEGMENTATION)
HERNIATION_FILE: Final = keras_file(HERNIATION)
GRADINGS_FILE: Final = keras_file(GRADINGS)


def networks_of(files: Collection[str]) -> tuple[str, ...]:
    """The networks of a model with these files: all, but those that not every model has."""
    return tuple(name for name in NETWORKS if name != GRADINGS or GRADINGS_FILE in files)


class Thresholds(BaseModel):
    """From which probability on something counts.

    Attributes:
        gradings: of gradings that a disc has or not, by name; empty where the model gives none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    disc: Probability
    vertebra: Probability
    canal: Probability
    herniation: Probability
    gradings: dict[str, Probability] = Field(
        default_factory=dict, exclude_if=lambda gradings: not gradings
    )


class Manifest(BaseModel):
    """`manifest.json` of one model version.

    Attributes:
        model_version: such as `2026-11-30`; also the folder's name.
        files: sha256 of each file beside the manifest that serving needs.
        preprocessing_id: how pixels became the segmentation network's input.
        crops_id: how a disc became the herniation network's input.
        input_shape: of the segmentation network `(rows, columns, channels)`; None where any fits.
        dataset_digest: sha256 over the training data.
        metrics: measured on patients that trained nothing; value, interval and count by name.
        git_commit: of the code that trained it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    model_version: Annotated[str, Field(pattern=MODEL_VERSION_PATTERN)]
    created_at: datetime
    files: dict[FileName, Sha256]
    preprocessing_id: str
    crops_id: str
    input_shape: tuple[int | None, int | None, int]
    thresholds: Thresholds
    dataset_digest: str
    metrics: dict[str, Any]
    git_commit: str
    licence: str


def sha256_of(path: Path) -> str:
    """The sha256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Write `manifest.json` into the folder of the weights that it describes."""
    (directory / MANIFEST_NAME).write_text(
        manifest.model_dump_json(indent=2) + "\n", encoding="utf-8"
    )


def manifest_in(directory: Path) -> Manifest:
    """The manifest of a folder of weights, unchecked against the files beside it.

    Raises `PermanentError("model-corrupt")` if it is missing or not valid.
    """
    _check_size(directory / MANIFEST_NAME)
    try:
        return Manifest.model_validate_json((directory / MANIFEST_NAME).read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise PermanentError(
            "model-corrupt", f"The model's {MANIFEST_NAME} is not valid at {where}: {first['msg']}."
        ) from error


def manifest_digest(directory: Path) -> str:
    """`sha256:…` of the manifest, which names the sha256 of every file: a model's digest."""
    return f"sha256:{sha256_of(directory / MANIFEST_NAME)}"


def load_manifest(
    directory: Path, *, preprocessing_id: str, crops_id: str, needed: Collection[str] = ()
) -> tuple[Manifest, str]:
    """The manifest of a folder of weights and its digest (`sha256:…`), once all of it checks out.

    Raises `PermanentError`: `model-corrupt` if the manifest or a file of it is missing or altered,
    or if it names no sha256 of a file that is needed; `model-mismatch` if the weights were trained
    for another input than this code makes.
    """
    manifest = manifest_in(directory)
    for name in needed:
        if name not in manifest.files:
            raise PermanentError("model-corrupt", f"The model's {MANIFEST_NAME} names no {name}.")
    for name, expected in manifest.files.items():
        _check_file(directory / name, expected)
    _check_id("segmentation", manifest.preprocessing_id, preprocessing_id)
    _check_id("herniation", manifest.crops_id, crops_id)
    return manifest, manifest_digest(directory)


def _check_file(path: Path, expected: str) -> None:
    _check_size(path)
    if sha256_of(path) != expected:
        raise PermanentError(
            "model-corrupt", f"The model's file {path.name} is not the one its manifest names."
        )


def _check_size(path: Path) -> None:
    if not path.is_file():
        raise PermanentError("model-corrupt", f"The model's file {path.name} is missing.")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise PermanentError("model-corrupt", f"The model's file {path.name} is too large.")


def _check_id(network: str, trained_with: str, used: str) -> None:
    if trained_with != used:
        raise PermanentError(
            "model-mismatch",
            f"The {network} network was trained on input {trained_with!r}, "
            f"this version of the code makes {used!r}.",
        )
