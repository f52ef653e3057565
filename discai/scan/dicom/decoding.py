"""Decodes DICOM files in the sandbox: `decode` is what the child process calls."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from discai.errors import PermanentError
from discai.scan.dicom.compression import refuse_unknown_compression
from discai.scan.dicom.frames import Frame, frames_of
from discai.scan.dicom.headers import Header, listed, open_headers, removed_tags
from discai.scan.dicom.pixels import read_slices
from discai.scan.dicom.stacks import Stack, choose_stack
from discai.scan.volume import StoredVolume


def decode(paths: list[Path]) -> StoredVolume:
    """The slices of the one sagittal volume among these files, sorted along their normal.

    Raises:
        PermanentError: `mixed-series`, `bad-geometry`, `damaged`, `truncated`, `too-large` or
            `unsupported-format`.
    """
    headers, others = open_headers(paths)
    frames = [frame for header in headers for frame in frames_of(header)]
    placed = [frame for frame in frames if frame.is_placed]
    if not placed:
        return _as_shown(headers, frames, others)
    stack, left_out = choose_stack(placed)
    left_out += ["a picture that doesn't say where it lies"] * (len(frames) - len(placed))
    refuse_unknown_compression([frame.header for frame in stack.frames])
    places = {path: place for place, path in enumerate(paths)}
    used = {id(frame.header): frame.header for frame in stack.frames}
    return StoredVolume(
        read_slices(stack.frames),
        stack.spacing_mm,
        _origin_mm(stack),
        stack.direction,
        removed_tags(used.values()),
        (*_left_out(others + left_out), *stack.notes),
        tuple((places[frame.header.path], frame.number) for frame in stack.frames),
    )


def _as_shown(headers: list[Header], frames: list[Frame], others: list[str]) -> StoredVolume:
    """A picture stored as DICOM knows no patient axes: its slices are taken as shown."""
    if len(headers) > 1:
        raise PermanentError("bad-geometry", "The DICOM slices don't say where they lie.")
    refuse_unknown_compression(headers)
    pixel_mm = frames[0].pixel_mm
    thickness_mm = frames[0].thickness_mm
    return StoredVolume(
        read_slices(frames),
        (thickness_mm or 1.0, *pixel_mm) if pixel_mm else None,
        removed_tags=removed_tags(headers),
        notes=_left_out(others),
    )


def _origin_mm(stack: Stack) -> tuple[float, float, float]:
    position: NDArray[np.float64] | None = stack.frames[0].position_mm
    assert position is not None  # noqa: S101 - only placed slices make a stack
    return (float(position[0]), float(position[1]), float(position[2]))


def _left_out(things: list[str]) -> tuple[str, ...]:
    return (f"Beside the slices that were read, there was: {listed(things)}.",) if things else ()
