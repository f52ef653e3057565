"""A dataset of disc crops as files: `labels.csv` and `crops/*.png`, named by what they hold.

The same labels and crops make the same files and so the same digest; a dataset never changes.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from discai.errors import PermanentError
from discai.records.gradings import GRADING_NAMES, LabelledGradings
from discai.records.scans import LabelledBox
from pipeline.training.crops import LabelledCrop

Source = Literal["original", "correction", "acceptance"]

LABELS_NAME: Final = "labels.csv"
CROPS_FOLDER: Final = "crops"
COLUMNS: Final = (
    "crop", "sha256", "scan", "patient", "sequence", "slice", "level", "herniation", "source",
    "held_out", "authors", "x", "y", "width", "height",
)  # fmt: skip
#: Tables of earlier versions lack it: there somebody answers for every label.
ANSWERED: Final = "answered"
#: They lack these, too: there nobody graded a disc. An empty cell says the same of one.
GRADINGS: Final = GRADING_NAMES
_PARALLEL: Final = 8


@dataclass(frozen=True)
class DatasetCrop:
    """One crop of a dataset.

    Attributes:
        crop: pixels and label; its `series` is the scan's id, or the original series' name.
        held_out: kept from training, to see whether a challenger agrees with the newest reviewers.
        answered: a person has given the label; else it is what a model had said, which no model
            learns from and none is measured by.
        authors: hashes of the reviewers whose word the label is.
        box: as the reviewers drew it, in pixels of the slice as shown; None where none was drawn.
    """

    crop: LabelledCrop
    source: Source
    held_out: bool = False
    authors: tuple[str, ...] = ()
    box: LabelledBox | None = None
    answered: bool = True

    @property
    def name(self) -> str:
        """The crop's file name, unique in a dataset."""
        return f"{self.crop.series}-s{self.crop.slice:02d}-{self.crop.level}.png"


def write_dataset(folder: Path, crops: Sequence[DatasetCrop]) -> str:
    """Write a dataset into an empty folder; returns its digest, `sha256:…`.

    Raises `ValueError` if two crops have one name: one would take the other's place.
    """
    counts = Counter(crop.name for crop in crops)
    if taken_twice := sorted(name for name, count in counts.items() if count > 1):
        raise ValueError(f"several crops are named {', '.join(taken_twice)}")
    (folder / CROPS_FOLDER).mkdir(parents=True)
    ordered = sorted(crops, key=lambda crop: crop.name)
    with ThreadPoolExecutor(_PARALLEL) as pool:
        digests = list(pool.map(lambda crop: _write_crop(folder, crop), ordered))
    rows = [_row(crop, digest) for crop, digest in zip(ordered, digests, strict=True)]
    table = pd.DataFrame(rows, columns=(*COLUMNS, ANSWERED, *GRADINGS))
    # Whole numbers: a column with empty cells would become one of fractions.
    table = table.astype(dict.fromkeys(GRADINGS, "Int64"))
    table.to_csv(folder / LABELS_NAME, index=False)
    return digest_of(folder)


def read_dataset(folder: Path) -> list[DatasetCrop]:
    """Read a dataset back.

    Raises `PermanentError("dataset-damaged")`, which names the file, if one is missing or is not
    what was written.
    """
    try:
        labels = pd.read_csv(folder / LABELS_NAME, dtype={"scan": str, "authors": str})
        labels = labels[[*COLUMNS, *labels.columns.intersection([ANSWERED, *GRADINGS])]]
    except (OSError, ValueError, KeyError) as error:  # no text, no table, or without these columns
        raise _damaged(f"{LABELS_NAME} is missing or damaged") from error
    rows = labels.to_dict("records")
    with ThreadPoolExecutor(_PARALLEL) as pool:
        return list(pool.map(lambda row: _crop_of(folder, row), rows))


def is_written(folder: Path) -> bool:
    """Tells if a folder holds a dataset with all columns that tables have today."""
    try:
        header = pd.read_csv(folder / LABELS_NAME, nrows=0)
    except (OSError, ValueError):
        return False
    return {*COLUMNS, ANSWERED, *GRADINGS} <= set(header.columns)


def trained_on(crops: Sequence[DatasetCrop]) -> list[DatasetCrop]:
    """The crops that a challenger may learn from."""
    return [crop for crop in crops if crop.answered and not crop.held_out]


def graded(crops: Sequence[DatasetCrop]) -> list[DatasetCrop]:
    """The crops of which a challenger may learn gradings: those that a person gave."""
    return [crop for crop in crops if not crop.held_out and crop.crop.gradings.are_said]


def asked(crops: Sequence[DatasetCrop]) -> list[DatasetCrop]:
    """The held-out crops on which a challenger may agree with a reviewer or not."""
    return [crop for crop in crops if crop.answered and crop.held_out]


def digest_of(folder: Path) -> str:
    """`sha256:…` of a dataset: its table names the digest of every crop."""
    return f"sha256:{hashlib.sha256((folder / LABELS_NAME).read_bytes()).hexdigest()}"


def _write_crop(folder: Path, crop: DatasetCrop) -> str:
    _, encoded = cv2.imencode(".png", np.ascontiguousarray(crop.crop.pixels[..., ::-1]))
    data = encoded.tobytes()
    (folder / CROPS_FOLDER / crop.name).write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def _row(crop: DatasetCrop, sha256: str) -> tuple[Any, ...]:
    label, box = crop.crop, crop.box
    drawn = (box.x, box.y, box.width, box.height) if box else (None,) * 4
    return (
        crop.name, sha256, label.series, label.patient, label.sequence, label.slice, label.level,
        int(label.herniation), crop.source, int(crop.held_out), " ".join(crop.authors), *drawn,
        int(crop.answered), *(_cell(getattr(label.gradings, name)) for name in GRADINGS),
    )  # fmt: skip


def _crop_of(folder: Path, row: dict[str, Any]) -> DatasetCrop:
    picture = _picture(folder, row["crop"], row["sha256"])
    try:
        return _described(row, picture)
    except (TypeError, ValueError) as error:
        raise _damaged(f"{LABELS_NAME} is damaged where it tells of {row['crop']}") from error


def _picture(folder: Path, name: str, sha256: str) -> NDArray[np.uint8]:
    """The pixels of a crop, red first, if its file is the one that the table tells of."""
    path = folder / CROPS_FOLDER / str(name)
    data = path.read_bytes() if path.is_file() else b""
    whole = hashlib.sha256(data).hexdigest() == sha256
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if whole else None
    if picture is None:
        raise _damaged(f"{CROPS_FOLDER}/{name} is missing or damaged")
    return np.asarray(picture[..., ::-1], np.uint8)


def _damaged(what: str) -> PermanentError:
    return PermanentError("dataset-damaged", f"The dataset's {what}.")


def _described(row: dict[str, Any], pixels: NDArray[np.uint8]) -> DatasetCrop:
    label = LabelledCrop(
        series=row["scan"],
        patient=int(row["patient"]),
        sequence=row["sequence"],
        slice=int(row["slice"]),
        level=row["level"],
        herniation=bool(row["herniation"]),
        pixels=pixels,
        gradings=_gradings(row),
    )
    box = None
    if not pd.isna(row["x"]):
        box = LabelledBox(
            x=row["x"], y=row["y"], width=row["width"], height=row["height"],
            level=row["level"], herniation=label.herniation,
        )  # fmt: skip
    authors = () if pd.isna(row["authors"]) else tuple(str(row["authors"]).split())
    return DatasetCrop(
        label, row["source"], bool(row["held_out"]), authors, box, bool(row.get(ANSWERED, True))
    )


def _cell(grading: int | bool | None) -> int | None:
    return None if grading is None else int(grading)


def _gradings(row: dict[str, Any]) -> LabelledGradings:
    """Gradings in the row of a disc; `ValueError` for one that can't be."""
    said = {name: row[name] for name in GRADINGS if not pd.isna(row.get(name))}
    return LabelledGradings(**{name: int(value) for name, value in said.items()})
