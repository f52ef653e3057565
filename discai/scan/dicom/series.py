"""Any heap of DICOM files, sorted into series; `describe` is what the child process calls.

Files are told apart by series, direction, size and spacing, then by echo and stack where several
slices lie at one place: the rules of `stacks`, by which one volume is chosen when a series is read.
So each series that is named here can be read by itself; the test for that is the reading's own
choice of its slices.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from discai.errors import PermanentError
from discai.scan.dicom.compression import refuse_unknown_compression
from discai.scan.dicom.frames import Frame, frames_of
from discai.scan.dicom.groups import (
    PLANES,
    is_localizer,
    is_sagittal,
    kinds_at_each_place,
    parallel_groups,
    without_localizers,
)
from discai.scan.dicom.headers import Header, Opened, look_into, no_mri
from discai.scan.dicom.sequence import sequence_of
from discai.scan.dicom.stacks import Stack, choose_stack, stack_of
from discai.scan.orientation import refuse_unreadable, stored_grid

#: Marks whose kinds are acquisitions of their own; others are views of one, such as its phase.
_OWN_SERIES: Final = ("echo time", "stack")
_NOT_SAGITTAL: Final = "not sagittal"
#: Elements by which series of one study and studies of one patient find each other; keys are made
#: of them, and they are stored nowhere.
_IDS: Final = {
    "study": "StudyInstanceUID",
    "patient": "PatientID",
    "issuer": "IssuerOfPatientID",
    "frame": "FrameOfReferenceUID",
}
_LONGEST_ID: Final = 256


@dataclass
class _Sorted:
    """Files that were sorted so far: plain values, as they go to the parent process."""

    series: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[dict[str, str]] = field(default_factory=list)
    failures: list[dict[str, str]] = field(default_factory=list)

    def leave_out(self, what: str, reason: str) -> None:
        """Notes one thing that isn't read."""
        self.left_out.append({"what": what, "reason": reason})

    def fail(self, frames: Sequence[Frame], error: PermanentError) -> None:
        """Notes slices that should be read, and can't be."""
        self.leave_out(_in_words(frames), error.message)
        self.failures.append({"code": error.code, "message": error.message})


def describe(paths: list[Path]) -> dict[str, Any]:
    """The readable series among DICOM files, what is left out, and why nothing can be read.

    The answer holds lists: `series` (`files` by their places in `paths`, `plane`, `sequence`,
    `seriesNumber`, `echoMs`, `slices`, `identity`), `leftOut` (`what` and `reason`, once for each
    thing), `failures` (`code` and `message`, the truest reason first) and `damaged` (the same, for
    files that can't be parsed).
    """
    opened = look_into(paths)
    found = _Sorted()
    for other in opened.others:
        found.leave_out(other.kind, other.reason)
    _sort_images(opened.images, {path: number for number, path in enumerate(paths)}, found)
    return {
        "series": found.series,
        "leftOut": found.left_out,
        "failures": [*found.failures, *_nothing_to_read(opened, found)],
        "damaged": [{"code": error.code, "message": error.message} for error in opened.damaged],
    }


def _nothing_to_read(opened: Opened, found: _Sorted) -> list[dict[str, str]]:
    """The error for files among which no series is even meant to be read."""
    if not opened.images:
        error = no_mri(opened.others)
    else:
        listed = " and ".join(dict.fromkeys(thing["what"] for thing in found.left_out))
        error = PermanentError(
            "not-sagittal", f"No sagittal lumbar series is among the slices, but {listed}."
        )
    return [{"code": error.code, "message": error.message}]


def _sort_images(images: Sequence[Header], numbers: dict[Path, int], found: _Sorted) -> None:
    frames = [frame for header in images for frame in frames_of(header)]
    placed = [frame for frame in frames if frame.is_placed]
    unplaced = [frame for frame in frames if not frame.is_placed]
    if not placed:
        _sort_unplaced(images, unplaced, numbers, found)
        return
    for _ in unplaced:
        found.leave_out("a picture", "it doesn't say where it lies")
    groups = parallel_groups(placed)
    cut, others = _readable_planes(groups)
    meant, localizers = without_localizers(cut, groups)
    volumes = _joined_by_file([kind for group in meant for kind in _kinds(group, found)])
    in_series: set[int] = set()
    for volume in volumes:
        headers = list({id(frame.header): frame.header for frame in volume}.values())
        try:
            stack = _chosen(headers)
        except PermanentError as error:
            found.fail(volume, error)
        else:
            found.series.append(_in_json(stack, headers, numbers))
            in_series |= {id(header) for header in headers}
    # What lies in a series' own file is told when that is read.
    for name, reason, apart in (
        ("", _NOT_SAGITTAL, others),
        ("localizer", "a localizer", localizers),
    ):
        for group in _by_series(apart):
            if not all(id(frame.header) in in_series for frame in group):
                found.leave_out(_in_words(group, name), reason)


def _sort_unplaced(
    images: Sequence[Header], frames: Sequence[Frame], numbers: dict[Path, int], found: _Sorted
) -> None:
    """A picture stored as DICOM knows no patient axes: alone, it is read as shown."""
    if len(images) == 1:
        try:
            refuse_unknown_compression(images)
        except PermanentError as error:
            found.fail(frames, error)
            return
        found.series.append(_facts(frames, images, numbers) | {"plane": None})
    elif images:
        found.fail(
            frames,
            PermanentError("bad-geometry", "The DICOM slices don't say where they lie."),
        )


def _readable_planes(
    groups: Iterable[list[Frame]],
) -> tuple[list[list[Frame]], list[list[Frame]]]:
    """Sagittal groups, or if there are none volumes of even voxels in any plane, and the others."""
    groups = list(groups)
    is_meant = is_sagittal if any(map(is_sagittal, groups)) else _is_even_volume
    meant = [group for group in groups if is_meant(group)]
    return meant, [group for group in groups if not is_meant(group)]


def _is_even_volume(group: Sequence[Frame]) -> bool:
    try:
        for kind in kinds_at_each_place(list(group)):
            stack = stack_of(kind.frames)
            if len(stack.frames) == 1 or stack.spacing_mm is None:
                return False
            _refuse_unreadable(stack)
    except PermanentError:
        return False
    return True


def _kinds(group: list[Frame], found: _Sorted) -> list[list[Frame]]:
    """The acquisitions of a group; other views of them are noted as left out."""
    try:
        kinds = kinds_at_each_place(group)
    except PermanentError as error:
        found.fail(group, error)
        return []
    acquisitions: dict[tuple[str | None, ...], list[Frame]] = {}
    for kind in kinds:  # of each acquisition the one to look at comes first
        key = tuple(kind.marks.get(mark) for mark in _OWN_SERIES)
        first = acquisitions.setdefault(key, kind.frames)
        own_files = {id(frame.header) for frame in first}
        if not all(id(frame.header) in own_files for frame in kind.frames):
            reason = f"the same places with another {kind.mark}"
            found.leave_out(_in_words(kind.frames), reason)
    return list(acquisitions.values())


def _joined_by_file(volumes: Iterable[list[Frame]]) -> list[list[Frame]]:
    """Volumes that share a file are one series: the reading of the file chooses among them."""
    joined: list[list[Frame]] = []
    for volume in volumes:
        files = {id(frame.header) for frame in volume}
        apart = []
        for other in joined:
            if any(id(frame.header) in files for frame in other):
                volume = [*other, *volume]
                files |= {id(frame.header) for frame in other}
            else:
                apart.append(other)
        joined = [*apart, volume]
    return joined


def _chosen(headers: Sequence[Header]) -> Stack:
    """The slices that a reading of these files would take; raises what it would raise."""
    frames = [frame for header in headers for frame in frames_of(header)]
    stack, _ = choose_stack([frame for frame in frames if frame.is_placed])
    refuse_unknown_compression([frame.header for frame in stack.frames])
    _refuse_unreadable(stack)
    return stack


def _refuse_unreadable(stack: Stack) -> None:
    shape = (len(stack.frames), *stack.frames[0].size)
    refuse_unreadable(stored_grid(shape, stack.spacing_mm, (0.0, 0.0, 0.0), stack.direction))


def _in_json(stack: Stack, headers: Sequence[Header], numbers: dict[Path, int]) -> dict[str, Any]:
    return _facts(stack.frames, headers, numbers) | {"plane": PLANES[stack.frames[0].plane]}


def _facts(
    frames: Sequence[Frame], headers: Sequence[Header], numbers: dict[Path, int]
) -> dict[str, Any]:
    middle = frames[len(frames) // 2]
    return {
        "files": sorted(numbers[header.path] for header in headers),
        "sequence": sequence_of(middle),
        "seriesNumber": middle.header.series_number,
        "echoMs": middle.echo_ms,
        "slices": len(frames),
        "identity": {name: middle.header.text(tag)[:_LONGEST_ID] for name, tag in _IDS.items()},
    }


def _by_series(groups: Iterable[list[Frame]]) -> list[list[Frame]]:
    """Groups of one series and plane together: its stacks aren't told one by one."""
    joined: dict[tuple[str, int], list[Frame]] = defaultdict(list)
    for group in groups:
        joined[group[0].header.text("SeriesInstanceUID"), group[0].plane] += group
    return list(joined.values())


def _in_words(frames: Sequence[Frame], name: str = "") -> str:
    """Such as `axial T2, 30 slices` or `sagittal localizer, 1 slice`."""
    first = frames[0]
    sequence = sequence_of(first)
    kind = "series" if sequence in (None, "other") else str(sequence)
    if name or is_localizer(frames):
        kind = "localizer"
    plane = f"{PLANES[first.plane]} " if first.is_placed else ""
    return f"{plane}{kind}, {len(frames)} {'slice' if len(frames) == 1 else 'slices'}"
