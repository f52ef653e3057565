"""Labels as YOLO text files: what reviewers saved, in the form that detectors train on.

One line a box, `class x_center y_center width height`, relative to the slice. A file belongs to
one slice of one scan; an empty one says that no disc is to be seen there.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from discai.anatomy import LEVELS, YOLO_CLASSES, Level
from discai.errors import PermanentError
from discai.records import Label, LabelKind, LabelledBox, Prediction

CORRECTED: Final = "user_corrected_labels"
INITIAL: Final = "initial_model_predictions"

_NAME: Final = re.compile(
    rf"(?:{CORRECTED}/overlay_(?P<corrected>[a-z0-9]+?)(?:_s(?P<slice>\d{{2,}}))?"
    rf"|{INITIAL}/initial_(?P<initial>[a-z0-9]+))\.txt"
)
#: Lines round to a millionth of the slice; a box on its border may come back that much outside.
_ROUNDING: Final = 1e-5


@dataclass(frozen=True)
class YoloBox:
    """One disc of a file, in pixels of the slice; `level` is None where the class names none."""

    x: float
    y: float
    width: float
    height: float
    level: Level | None
    herniation: bool


@dataclass(frozen=True)
class LabelFile:
    """What a file's name says; `slice` is None for the key slice."""

    scan_id: str
    kind: LabelKind
    slice: int | None


def corrected_class(box: LabelledBox) -> int:
    """The class in `user_corrected_labels/`: an index into `discai.anatomy.YOLO_CLASSES`."""
    return 2 * LEVELS.index(box.level) + box.herniation


def initial_class(box: LabelledBox) -> int:
    """The class in `initial_model_predictions/`: 0 without herniation, 1 with."""
    return int(box.herniation)


def label_files(
    scan_id: str, labels: Mapping[str, Label], predictions: Mapping[str, Prediction]
) -> dict[str, str]:
    """The name and content of every file that the labels of one scan, by their ids, amount to.

    Of several labels of one kind the newest counts, whoever made it; which file to prefer where
    both kinds are there is for the reader of the files to know: the correction. `predictions`, by
    model version, are those that the labels looked at; they say which slice is the key slice.
    """
    files: dict[str, str] = {}
    if correction := newest(labels, "correction"):
        prediction = predictions[correction.model_version]
        for number, boxes in correction.slices.items():
            suffix = "" if int(number) == prediction.key_slice else f"_s{int(number):02d}"
            files[f"{CORRECTED}/overlay_{scan_id}{suffix}.txt"] = _text(
                boxes, [corrected_class(box) for box in boxes], prediction
            )
    if acceptance := newest(labels, "acceptance"):
        prediction = predictions[acceptance.model_version]
        boxes = acceptance.slices.get(str(prediction.key_slice), [])
        files[f"{INITIAL}/initial_{scan_id}.txt"] = _text(
            boxes, [initial_class(box) for box in boxes], prediction
        )
    return files


def newest(labels: Mapping[str, Label], kind: LabelKind) -> Label | None:
    """The label of that kind that counts, its parts put together; None if there is none."""
    of_kind = {key: label for key, label in labels.items() if label.kind == kind}
    if not of_kind:
        return None
    last = of_kind[max(of_kind, key=lambda key: (of_kind[key].created_at, key))]
    parts = [
        label
        for _, label in sorted(of_kind.items())
        if (label.created_at, label.author) == (last.created_at, last.author)
    ]
    slices = {number: boxes for part in parts for number, boxes in part.slices.items()}
    return last.model_copy(update={"slices": slices})


def file_prefixes(scan_id: str) -> tuple[str, str]:
    """What the names of a scan's files begin with; other scans' don't."""
    return f"{CORRECTED}/overlay_{scan_id}", f"{INITIAL}/initial_{scan_id}"


def parse_name(name: str) -> LabelFile | None:
    """What an object's name says, None if it is no label file."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    if match["initial"]:
        return LabelFile(match["initial"], "acceptance", None)
    number = match["slice"]
    return LabelFile(match["corrected"], "correction", int(number) if number else None)


def scan_of(name: str) -> str | None:
    """The id of the scan whose label file that is, None if it is no label file."""
    file = parse_name(name)
    return file.scan_id if file else None


def parse_text(text: str, kind: LabelKind, width: int, height: int) -> list[YoloBox]:
    """The boxes of a file of that kind, for a slice of that many pixels.

    Raises `PermanentError("bad-label-file")`, with the line, for anything but boxes within the
    slice whose class exists.
    """
    classes = YOLO_CLASSES if kind == "correction" else ("", "_LDH")
    boxes = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            boxes.append(_parsed(line.split(), classes, width, height))
        except ValueError as error:
            raise PermanentError(
                "bad-label-file", f"Line {number} of the label file is wrong: {error}."
            ) from None
    return boxes


def _text(boxes: Sequence[LabelledBox], classes: Iterable[int], prediction: Prediction) -> str:
    size = prediction.slice_width, prediction.slice_height
    return "".join(
        f"{index} {_line(box, *size)}\n" for index, box in zip(classes, boxes, strict=True)
    )


def _line(box: LabelledBox, slice_width: int, slice_height: int) -> str:
    """Center and size of the part of the box that lies in the slice, relative to the slice."""
    left, right = (min(edge, slice_width) / slice_width for edge in (box.x, box.x + box.width))
    top, bottom = (min(edge, slice_height) / slice_height for edge in (box.y, box.y + box.height))
    numbers = ((left + right) / 2, (top + bottom) / 2, right - left, bottom - top)
    return " ".join(f"{number:.6f}" for number in numbers)


def _parsed(words: list[str], classes: Sequence[str], width: int, height: int) -> YoloBox:
    if len(words) != 5:
        raise ValueError("a box is a class and four numbers")
    index = int(words[0])
    if not 0 <= index < len(classes):
        raise ValueError(f"there is no class {index}")
    x, y, w, h = (float(word) for word in words[1:])
    if not (w > 0 and h > 0 and _is_within(x, w) and _is_within(y, h)):
        raise ValueError("the box does not lie within the slice")
    return YoloBox(
        x=(x - w / 2) * width,
        y=(y - h / 2) * height,
        width=w * width,
        height=h * height,
        level=LEVELS[index // 2] if len(classes) > 2 else None,
        herniation=index % 2 == 1,
    )


def _is_within(center: float, size: float) -> bool:
    return (
        math.isfinite(center)
        and center - size / 2 >= -_ROUNDING
        and center + size / 2 <= 1 + _ROUNDING
    )
