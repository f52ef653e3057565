"""Labels as YOLO text files: what reviewers saved, in the form that detectors train on.

One line a box, `class x_center y_center width height`, relative to the slice. A file belongs to
one slice of one scan; an empty one says that no disc is to be seen there.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from discai.anatomy import HERNIATED_SUFFIX, LEVELS, YOLO_CLASSES, Level
from discai.errors import PermanentError
from discai.records.scans import Judged, Label, LabelKind, LabelledBox, Prediction
from discai.records.verdict import is_judged, verdict_of

CORRECTED: Final = "user_corrected_labels"
INITIAL: Final = "initial_model_predictions"

#: Class names of `INITIAL`, as `YOLO_CLASSES` are those of `CORRECTED`.
INITIAL_CLASSES: Final = ("", HERNIATED_SUFFIX)

#: The lines of one file: of labels of one kind, about one prediction.
_Lines = tuple[LabelKind, Prediction, list[LabelledBox]]

_NAME: Final = re.compile(
    rf"(?:{CORRECTED}/overlay_(?P<corrected>[a-z0-9]+)(?:_s(?P<slice>\d{{2,}}))?"
    rf"|{INITIAL}/initial_(?P<initial>[a-z0-9]+))\.txt"
)
#: Lines round to a millionth of the slice; a box on its border may come back that much outside.
_ROUNDING: Final = 1e-5


@dataclass(frozen=True)
class LabelFile:
    """Parts of a label file's name; `slice` is None for the key slice."""

    scan_id: str
    kind: LabelKind
    slice: int | None


@dataclass(frozen=True)
class YoloBox:
    """One disc of a file, in pixels of the slice; `level` is None where the class names none."""

    x: float
    y: float
    width: float
    height: float
    level: Level | None
    herniation: bool


def label_files(
    scan_id: str, labels: Mapping[str, Label], predictions: Mapping[str, Prediction]
) -> dict[str, str]:
    """The name and content of every file that the labels of one scan, by their ids, amount to.

    Of several labels of one kind the files say what `discai.records.verdict` makes of them.
    Corrections and acceptances have files of their own: whoever reads them prefers the correction.
    `predictions`, by model version, are those that the labels looked at; they say which slice is
    the key slice.
    """
    boxes_by_name = _boxes_by_name(scan_id, labels, predictions)
    return {
        name: "".join(f"{_line(box, kind, prediction)}\n" for box in boxes)
        for name, (kind, prediction, boxes) in boxes_by_name.items()
    }


def judged_in_files(
    scan_id: str, labels: Mapping[str, Label], predictions: Mapping[str, Prediction]
) -> dict[str, list[Judged]]:
    """Judgement of each line of these files, for which YOLO's form has no place."""
    return {
        name: [box.judged or ("confirmed" if is_judged(box, kind) else "unseen") for box in boxes]
        for name, (kind, _, boxes) in _boxes_by_name(scan_id, labels, predictions).items()
    }


def _boxes_by_name(
    scan_id: str, labels: Mapping[str, Label], predictions: Mapping[str, Prediction]
) -> dict[str, _Lines]:
    """The boxes of each file, as far as they lie in the slice."""
    files: dict[str, _Lines] = {}
    if corrected := verdict_of("correction", labels):
        prediction = predictions[corrected.newest.model_version]
        for number, boxes in corrected.slices.items():
            if int(number) < prediction.slice_count:
                name = _corrected_name(scan_id, int(number), prediction.key_slice)
                files[name] = "correction", prediction, _in_slice(boxes, prediction)
    if accepted := verdict_of("acceptance", labels):
        prediction = predictions[accepted.newest.model_version]
        boxes = accepted.slices.get(str(prediction.key_slice), [])
        name = f"{INITIAL}/initial_{scan_id}.txt"
        files[name] = "acceptance", prediction, _in_slice(boxes, prediction)
    return files


def corrected_class(box: LabelledBox) -> int:
    """The class in `user_corrected_labels/`: an index into `discai.anatomy.YOLO_CLASSES`."""
    return 2 * LEVELS.index(box.level) + box.herniation


def initial_class(box: LabelledBox) -> int:
    """The class in `initial_model_predictions/`: 0 without herniation, 1 with."""
    return int(box.herniation)


def file_prefixes(scan_id: str) -> tuple[str, str]:
    """Beginnings of the names of a scan's label files."""
    return f"{CORRECTED}/overlay_{scan_id}", f"{INITIAL}/initial_{scan_id}"


def parse_name(name: str) -> LabelFile | None:
    """Parse an object's name; None if it is no label file."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    if match["initial"]:
        return LabelFile(match["initial"], "acceptance", None)
    number = match["slice"]
    return LabelFile(match["corrected"], "correction", int(number) if number else None)


def parse_text(text: str, kind: LabelKind, width: int, height: int) -> list[YoloBox]:
    """The boxes of a file of that kind, for a slice of that many pixels.

    Raises `PermanentError("bad-label-file")`, with the line, for anything but boxes within the
    slice whose class exists.
    """
    classes = YOLO_CLASSES if kind == "correction" else INITIAL_CLASSES
    boxes = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            index, *relative = _numbers(line, len(classes))
        except ValueError as error:
            raise PermanentError(
                "bad-label-file", f"Line {number} of the label file is wrong: {error}."
            ) from None
        x_center, y_center, box_width, box_height = relative
        boxes.append(
            YoloBox(
                x=(x_center - box_width / 2) * width,
                y=(y_center - box_height / 2) * height,
                width=box_width * width,
                height=box_height * height,
                level=LEVELS[int(index) // 2] if kind == "correction" else None,
                herniation=index % 2 == 1,
            )
        )
    return boxes


def _corrected_name(scan_id: str, number: int, key_slice: int) -> str:
    suffix = "" if number == key_slice else f"_s{number:02d}"
    return f"{CORRECTED}/overlay_{scan_id}{suffix}.txt"


#: By the kind of a label, the class of its boxes.
_CLASS_OF: Final[Mapping[LabelKind, Callable[[LabelledBox], int]]] = {
    "correction": corrected_class,
    "acceptance": initial_class,
}


def _in_slice(boxes: Iterable[LabelledBox], prediction: Prediction) -> list[LabelledBox]:
    """The boxes that have a part in the slice."""
    edges = [(box, *_edges(box, prediction)) for box in boxes]
    return [box for box, left, top, right, bottom in edges if right > left and bottom > top]


def _line(box: LabelledBox, kind: LabelKind, prediction: Prediction) -> str:
    """Class, center and size of the part of a box that lies in the slice."""
    left, top, right, bottom = _edges(box, prediction)
    numbers = ((left + right) / 2, (top + bottom) / 2, right - left, bottom - top)
    return f"{_CLASS_OF[kind](box)} " + " ".join(f"{number:.6f}" for number in numbers)


def _edges(box: LabelledBox, prediction: Prediction) -> tuple[float, float, float, float]:
    left, right = _clipped(box.x, box.width, prediction.slice_width)
    top, bottom = _clipped(box.y, box.height, prediction.slice_height)
    return left, top, right, bottom


def _clipped(start: float, length: float, size: int) -> tuple[float, float]:
    """Both ends, relative to the slice."""
    return min(start / size, 1.0), min((start + length) / size, 1.0)


def _numbers(line: str, classes: int) -> tuple[float, ...]:
    """Class, center and size; raises `ValueError` with what is wrong."""
    words = line.split()
    if len(words) != 5:
        raise ValueError("a box is a class and four numbers")
    if not (words[0].isdecimal() and int(words[0]) < classes):
        raise ValueError(f"there is no class {words[0][:20]}")
    x, y, width, height = (float(word) for word in words[1:])
    if not (_is_within(x, width) and _is_within(y, height)):
        raise ValueError("the box does not lie within the slice")
    return int(words[0]), x, y, width, height


def _is_within(center: float, size: float) -> bool:
    return (
        math.isfinite(center)
        and size > 0
        and center - size / 2 >= -_ROUNDING
        and center + size / 2 <= 1 + _ROUNDING
    )
