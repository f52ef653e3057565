"""Quantities of discs and spine as measurements of a structured report: TID 300, units of UCUM.

Codes are DICOM's own where it has some: what they are of is said by the site, its part or side.
"""

from typing import Final, NamedTuple

from highdicom import sr
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from discai.export.answer import Answer
from discai.export.codes import (
    ANTERIOR,
    BULGE,
    CENTRAL,
    COBB_ANGLE,
    DEPTH,
    DISCS,
    HEIGHT,
    HEIGHT_INDEX,
    LATERAL_ARC,
    LATERAL_OFFSET,
    LENGTH,
    LENGTH_RATIO,
    LUMBAR_SPINE,
    MEYERDING,
    MEYERDING_GRADES,
    MINIMUM,
    POSTERIOR,
    SIDES,
    SLIP,
    SLIP_PERCENT,
    VERTEBRAL_CANAL,
    VOLUME,
)
from discai.export.source import Source
from discai.pictures.quantities import rounded_curve, whole_disc
from discai.reading import DiscReading, LateralCurve, WholeDiscQuantities

_MM: Final = codes.UCUM.Millimeter
_RATIO: Final = codes.UCUM.Ratio


class _Measure(NamedTuple):
    """The way to say one quantity of a disc; `site` is another than the disc, `part` is of it."""

    name: Code
    unit: Code
    site: Code | None = None
    part: Code | None = None
    derivation: Code | None = None


_MEASURES: Final = {
    "anterior_height_mm": _Measure(HEIGHT, _MM, part=ANTERIOR),
    "middle_height_mm": _Measure(HEIGHT, _MM, part=CENTRAL),
    "posterior_height_mm": _Measure(HEIGHT, _MM, part=POSTERIOR),
    "height_index": _Measure(HEIGHT_INDEX, _RATIO),
    "length_mm": _Measure(LENGTH, _MM),
    "length_ratio": _Measure(LENGTH_RATIO, _RATIO),
    "bulge_mm": _Measure(BULGE, _MM),
    "canal_depth_mm": _Measure(DEPTH, _MM, site=VERTEBRAL_CANAL),
    "narrowest_canal_mm": _Measure(DEPTH, _MM, site=VERTEBRAL_CANAL, derivation=MINIMUM),
    "slip_mm": _Measure(SLIP, _MM),
    "slip_percent": _Measure(SLIP_PERCENT, codes.UCUM.Percent),
    "volume_mm3": _Measure(VOLUME, codes.UCUM.CubicMillimeter),
}


def measurements_of(source: Source, answer: Answer, disc: DiscReading) -> list[sr.Measurement]:
    """The quantities of a disc that are known, with the numbers that `discs.csv` has."""
    if disc.quantities is None:
        return []
    quantities = whole_disc(disc.quantities)
    return [
        _measurement(source, answer, disc.level, name, quantities)
        for name in _MEASURES
        if getattr(quantities, name) is not None
    ]


def grade_of(disc: DiscReading) -> list[sr.QualitativeEvaluation]:
    """The grade of Meyerding; nothing where it isn't known."""
    grade = disc.quantities.meyerding_grade if disc.quantities else None
    return [] if grade is None else [sr.QualitativeEvaluation(MEYERDING, MEYERDING_GRADES[grade])]


def lordosis_measurement(degrees: float) -> sr.Measurement:
    """The lordosis of a spine as an angle of Cobb."""
    return sr.Measurement(COBB_ANGLE, degrees, codes.UCUM.Degree)


def curve_measurements(curve: LateralCurve) -> list[sr.Measurement]:
    """The offset and the arc of a curve to one side, at the disc and side that it names."""
    curve = rounded_curve(curve)
    site = sr.FindingSite(
        DISCS[curve.level] if curve.level else LUMBAR_SPINE,
        laterality=SIDES[curve.side] if curve.side else None,
    )
    return [
        sr.Measurement(LATERAL_OFFSET, curve.offset_mm, _MM, finding_sites=[site]),
        sr.Measurement(LATERAL_ARC, curve.arc_deg, codes.UCUM.Degree),
    ]


def _measurement(
    source: Source, answer: Answer, level: str, name: str, quantities: WholeDiscQuantities
) -> sr.Measurement:
    measure = _MEASURES[name]
    site = sr.FindingSite(
        measure.site or DISCS[level],
        laterality=SIDES.get(quantities.bulge_side or "") if name == "bulge_mm" else None,
        topographical_modifier=measure.part,
    )
    shown = quantities.bulge_slice if name == "bulge_mm" else None
    return sr.Measurement(
        name=measure.name,
        value=getattr(quantities, name),
        unit=measure.unit,
        derivation=measure.derivation,
        finding_sites=[site],
        referenced_images=None if shown is None else [_image(source, answer, shown)],
    )


def _image(source: Source, answer: Answer, index: int) -> sr.SourceImageForMeasurement:
    """The source's image of a canonical slice."""
    reference = source.references[answer.scan.slice_to_stored(index)]
    frames = None if reference.frame is None else [reference.frame]
    return sr.SourceImageForMeasurement(reference.sop_class, reference.instance, frames)
