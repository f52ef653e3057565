"""Fates of each scan's labels in a run: a line in its timeline, as true as it is short."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from discai.errors import PermanentError
from pipeline.retraining.crop_dataset import DatasetCrop
from pipeline.retraining.snapshot import ADVICE, LabelledScan, Refused

_NOTHING_DRAWN: Final = PermanentError("nothing-drawn", "No disc was drawn that could be judged.")
_TAUGHT: Final = "The box taught this run's outlines instead."


@dataclass(frozen=True)
class Fate:
    """One line of a scan's timeline.

    Attributes:
        lines: the first is what came of it, the others are the reasons.
    """

    scan_id: str
    kind: Literal["used-in-run", "refused-in-run"]
    lines: tuple[str, ...]


def fates(
    epoch: int,
    scans: Sequence[LabelledScan],
    crops: Iterable[DatasetCrop],
    refused: Sequence[Refused],
    taught: Collection[str],
) -> list[Fate]:
    """Fates of the labels of scans in a run, from the crops and refusals of its dataset.

    `taught` are the ids of scans whose boxes the outlines learned from. A scan may have both
    fates: some of its boxes were used, and others refused.
    """
    kept_back = {crop.crop.series: crop.held_out for crop in crops if crop.source != "original"}
    used = {scan for scan, held_out in kept_back.items() if not held_out} | set(taught)
    reasons: dict[str, list[Refused]] = {}
    for each in refused:
        reasons.setdefault(each.scan_id, []).append(each)
    found = []
    for scan_id in dict.fromkeys([*(scan.scan_id for scan in scans), *reasons]):
        if scan_id in used:
            found.append(Fate(scan_id, "used-in-run", (f"Used in retraining run {epoch}.",)))
        elif scan_id in kept_back:
            line = f"Kept back in retraining run {epoch}, whose model is checked against it."
            found.append(Fate(scan_id, "used-in-run", (line,)))
        because = reasons.get(scan_id, [])
        if scan_id not in used and scan_id not in kept_back and not because:
            because = [Refused.because(scan_id, _NOTHING_DRAWN)]
        if because:
            some = "Some boxes were not" if scan_id in used or scan_id in kept_back else "Not"
            said = [_sentences(each, scan_id in taught) for each in because]
            lines = (f"{some} used in retraining run {epoch}", *dict.fromkeys(said))
            found.append(Fate(scan_id, "refused-in-run", lines))
    return found


def _sentences(refused: Refused, is_taught: bool) -> str:
    advice = refused.advice
    if is_taught and advice == ADVICE["no-outline"]:
        advice = _TAUGHT
    return f"{refused.reason} {advice}".strip()
