"""The reason for a disc's probability as files and documents have it, rounded as quantities are."""

from collections.abc import Callable, Iterable
from typing import Any

from discai.pictures.quantities import rounded
from discai.reading import BackWalls, ClosedLine, DiscReading, Reason
from discai.scan import Scan

MovePoint = Callable[[float, float], tuple[float, float]]
"""x and y in one picture of a slice to those in another."""


def moved_reason(
    reason: Reason, move: MovePoint, slice_of: Callable[[int], int] = lambda index: index
) -> Reason:
    """The same, rounded, with its points and slices moved."""
    return Reason(
        text=reason.text,
        causes=[
            each.model_copy(update={"without": rounded(each.without)}) for each in reason.causes
        ],
        measured=[
            each.model_copy(update={"value": rounded(each.value)}) for each in reason.measured
        ],
        back_walls=[
            BackWalls(
                slice=slice_of(each.slice),
                line=_moved(each.line, move),
                tissue=[ClosedLine(points=_moved(piece.points, move)) for piece in each.tissue],
            )
            for each in reason.back_walls
        ],
    )


def reason_json(scan: Scan, disc: DiscReading) -> dict[str, Any] | None:
    """The reason as plain JSON values, slices and points as the scan's file stores them."""
    if disc.reason is None:
        return None

    def to_stored(x: float, y: float) -> tuple[float, float]:
        left, top, *_ = scan.box_to_stored((x, y, x, y))
        return left, top

    reason = moved_reason(disc.reason, to_stored, scan.slice_to_stored)
    return reason.model_dump(by_alias=True)


def _moved(points: Iterable[float], move: MovePoint) -> list[float]:
    flat = list(points)
    moved = (move(x, y) for x, y in zip(flat[::2], flat[1::2], strict=True))
    return [round(along, 1) for point in moved for along in point]
