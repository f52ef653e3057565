"""Pictures of a study: told apart by their names, since nothing else says what belongs together.

`T1/1.png` beside `T2/1.png` and `image_1.png` beside `mask_1.png` are two series: each is numbered
through by itself. Names that count patients and slices at once are refused.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import Final

from pydantic import TypeAdapter, ValidationError

from discai.scan import picture, sandbox
from discai.scan.archive import natural_order
from discai.scan.kinds import is_numbered_through, pattern_of, several_patterns
from discai.study.part import Part
from discai.study.series import Series, digest_of, file_digest

#: Label pictures have a value for each structure; slices of an MRI have hundreds.
_MOST_LABELS: Final = 32
_LABEL_PICTURES: Final = "label pictures"
_GREY_VALUES: Final = TypeAdapter(list[list[int] | None])


def sort_pictures(files: dict[Path, str]) -> Part:
    """One series for each set of pictures that is numbered through; masks are left out.

    Raises:
        PermanentError: `mixed-series` for names that don't tell series apart.
    """
    if not files:
        return Part()
    paths = sorted(files, key=lambda path: natural_order(files[path]))
    groups = _numbered_through(paths, files)
    if len(groups) == 1:
        return Part((_series_of(paths, files, ""),))
    several = [group for group in groups if len(group) > 1]
    if not several:
        raise several_patterns()
    masks = _label_pictures(several)
    series = tuple(
        _series_of(group, files, _name_of([files[path] for path in group]))
        for group in several
        if group not in masks
    )
    left_out = [("a picture", "it belongs to none of the numbered series")] * (
        len(groups) - len(several)
    )
    left_out += [(f"{_LABEL_PICTURES}, {len(group)} slices", "a mask, no scan") for group in masks]
    return Part(series, tuple(left_out))


def _numbered_through(paths: Sequence[Path], files: dict[Path, str]) -> list[list[Path]]:
    """All pictures, or those of one pattern of names, or of one folder."""
    if _is_whole(paths, files):
        return [list(paths)]
    groups: list[list[Path]] = []
    for group in _grouped(paths, lambda path: pattern_of(files[path])):
        if _is_whole(group, files):
            groups.append(group)
        else:
            groups += _grouped(group, lambda path: _folder_and_contrast(files[path]))
    if not all(_is_whole(group, files) for group in groups):
        raise several_patterns()
    return groups


def _folder_and_contrast(name: str) -> str:
    """Parts that tell names of one pattern apart: their folders, or `t1` and `t2` in them."""
    contrasts = re.findall(r"(?<![a-z0-9])t[12](?![0-9])", name.lower())
    return "/".join([str(PurePosixPath(name).parent), *contrasts])


def _is_whole(group: Sequence[Path], files: dict[Path, str]) -> bool:
    return is_numbered_through([files[path] for path in group])


def _grouped(paths: Sequence[Path], key: Callable[[Path], str]) -> list[list[Path]]:
    groups: dict[str, list[Path]] = defaultdict(list)
    for path in paths:
        groups[key(path)].append(path)
    return list(groups.values())


def _label_pictures(groups: Sequence[list[Path]]) -> list[list[Path]]:
    """Groups of masks; none where there is nothing else, which is then refused for what it is."""
    masks = []
    for group in groups:
        described = sandbox.describe("discai.scan.picture", group)
        try:
            values = _GREY_VALUES.validate_python(described)
        except ValidationError as error:
            raise sandbox.crashed() from error
        known = {value for each in values if each is not None for value in each}
        if None not in values and len(known) <= _MOST_LABELS:
            masks.append(group)
    return masks if len(masks) < len(groups) else []


def _series_of(paths: Sequence[Path], files: dict[Path, str], name: str) -> Series:
    return Series(
        files={path: files[path] for path in paths},
        format=picture.NAME,
        digest=digest_of(map(file_digest, paths)),
        slices=len(paths),
        name=name,
    )


def _name_of(names: Sequence[str]) -> str:
    """The beginning of all names of the series, in whole words, or else one without its number."""
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    beginning = re.match(r".*[^0-9A-Za-z]", "".join(letters[0] for letters in same))
    stem = re.sub(r"[0-9]+", "", PurePosixPath(names[0]).stem)
    return (beginning[0] if beginning else stem).strip("/_- .")
