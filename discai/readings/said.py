"""The answers of a study's series, joined: `study.json` of `discai predict`, and in Python."""

from collections.abc import Sequence
from dataclasses import dataclass

from discai.pictures.output import prediction_json
from discai.reading import Reading
from discai.records.combination import combine
from discai.records.places import ReadSeries
from discai.records.record import Failure
from discai.records.study import Point, SeriesResult, StudyResult
from discai.scan import Scan
from discai.study import Series, Study


@dataclass(frozen=True)
class _SeenDisc:
    """A disc as the `prediction.json` of its series has it."""

    level: str
    herniation: float
    confidence: float
    centre_mm: Point | None


def said_by(series: Series, scan: Scan, reading: Reading, threshold: float) -> ReadSeries:
    """Answers of a series of a study about its discs; `threshold` is its model's."""
    frame = series.identity.frame if series.identity else ""
    discs = _discs_of(scan, reading)
    return ReadSeries(series.label, series.number, discs, threshold, series.sequence, frame or None)


def said_by_only(name: str, scan: Scan, reading: Reading, threshold: float) -> ReadSeries:
    """Answers of a scan that is no part of a study of several series."""
    return ReadSeries(name, 1, _discs_of(scan, reading), threshold)


def study_result(
    study: Study, failures: dict[str, Failure], said: Sequence[ReadSeries]
) -> StudyResult:
    """The record of a study of several series, as far as they were read.

    `failures` has those that could not be, by their labels.
    """
    answer = combine(said)
    return StudyResult(
        series=[
            SeriesResult(
                **series.facts.model_dump(), folder=series.label, error=failures.get(series.label)
            )
            for series in study.series
        ],
        left_out=list(study.left_out),
        discs=answer.discs,
        warnings=[*study.warnings, *answer.warnings],
    )


def _discs_of(scan: Scan, reading: Reading) -> list[_SeenDisc]:
    return [
        _SeenDisc(disc["level"], disc["herniation"], disc["confidence"], disc["centreMm"])
        for disc in prediction_json(scan, reading)["discs"]
    ]
