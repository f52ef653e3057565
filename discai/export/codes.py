"""Codes of results: SNOMED CT and DCM as DICOM's context groups have them, and our own few.

The context groups are those of PS3.16:
https://dicom.nema.org/medical/dicom/current/output/chtml/part16/chapter_B.html
"""

from typing import Final

from pydicom.sr.coding import Code

from discai.anatomy import CANAL, FIRST_DISC, FIRST_VERTEBRA, LAST_VERTEBRA, LEVELS_FROM_SACRUM
from discai.records.gradings import GradingName


def _snomed(value: str, meaning: str) -> Code:
    return Code(value, "SCT", meaning)


#: CID 7150, Segmentation Property Categories.
ANATOMICAL_STRUCTURE: Final = _snomed("91723000", "Anatomical Structure")
#: CID 7604, Intervertebral Discs; SNOMED CT counts a disc with the vertebra above it.
DISCS: Final = {
    "L5-S1": _snomed("715056000", "L5/S1 disc"),
    "L4-L5": _snomed("84020006", "L4/L5 disc"),
    "L3-L4": _snomed("62551000", "L3/L4 disc"),
    "L2-L3": _snomed("67459009", "L2/L3 disc"),
    "L1-L2": _snomed("80064006", "L1/L2 disc"),
    "T12-L1": _snomed("76206002", "T12/L1 disc"),
    "T11-T12": _snomed("1537001", "T11/T12 disc"),
    "T10-T11": _snomed("34959001", "T10/T11 disc"),
    "T9-T10": _snomed("113209001", "T9/T10 disc"),
    "T8-T9": _snomed("9188009", "T8/T9 disc"),
    "T7-T8": _snomed("28693002", "T7/T8 disc"),
}
#: CID 7603, Vertebrae, from the sacrum up as the values of a segmentation count them.
VERTEBRAE_FROM_SACRUM: Final = {
    "L5": _snomed("49668003", "L5 vertebra"),
    "L4": _snomed("11994002", "L4 vertebra"),
    "L3": _snomed("36470004", "L3 vertebra"),
    "L2": _snomed("14293000", "L2 vertebra"),
    "L1": _snomed("66794005", "L1 vertebra"),
    "T12": _snomed("23215003", "T12 vertebra"),
    "T11": _snomed("12989004", "T11 vertebra"),
    "T10": _snomed("7610001", "T10 vertebra"),
    "T9": _snomed("82687006", "T9 vertebra"),
    "T8": _snomed("11068009", "T8 vertebra"),
    "T7": _snomed("62487009", "T7 vertebra"),
    "T6": _snomed("45296009", "T6 vertebra"),
}
#: CID 7151, Segmentation Property Types: a vertebra that is higher than all that have a name here.
VERTEBRA: Final = _snomed("51282000", "Vertebra")
#: CID 6115, Osseous Anatomy Modifiers; no group of segments has the canal.
VERTEBRAL_CANAL: Final = _snomed("61853006", "Vertebral canal")
#: CID 240, Present-Absent.
PRESENT: Final = _snomed("52101004", "Present")
ABSENT: Final = _snomed("272519000", "Absent")

#: DICOM has no code for these; a scheme that begins with 99 is one's own (PS3.16, 8.2). Longer
#: codes than 16 letters would be of another kind, which not every reader takes.
OWN_SCHEME: Final = "99DISCAI"
HERNIATION: Final = Code("LDH", OWN_SCHEME, "Intervertebral disc herniation")
HERNIATION_PROBABILITY: Final = Code(
    "LDH-PROBABILITY", OWN_SCHEME, "Probability of disc herniation"
)
HERNIATION_ANSWER: Final = Code("LDH-MODEL", OWN_SCHEME, "Disc herniation by the model")
HERNIATION_VERDICT: Final = Code("LDH-REVIEWER", OWN_SCHEME, "Disc herniation by the reviewer")

#: Gradings by the names of `discai.records.gradings`; `docs/quantities.md` says what they mean.
_GRADINGS: Final[dict[GradingName, tuple[str, str]]] = {
    "pfirrmann": ("PFIRR", "Pfirrmann grade"),
    "narrowing": ("NARROW", "Narrowing of the disc space"),
    "bulging": ("BULGING", "Bulging of the disc"),
    "spondylolisthesis": ("LISTHES", "Spondylolisthesis of the vertebra above"),
    "modic": ("MODIC", "Modic changes beside the disc"),
}
GRADING_ANSWERS: Final = {
    name: Code(f"{code}-MODEL", OWN_SCHEME, f"{meaning} by the model")
    for name, (code, meaning) in _GRADINGS.items()
}
GRADING_VERDICTS: Final = {
    name: Code(f"{code}-REVIEWER", OWN_SCHEME, f"{meaning} by the reviewer")
    for name, (code, meaning) in _GRADINGS.items()
}
GRADING_PROBABILITIES: Final = {
    name: Code(f"{code}-PROB", OWN_SCHEME, f"Probability of {meaning[0].lower()}{meaning[1:]}")
    for name, (code, meaning) in _GRADINGS.items()
    if name != "pfirrmann"
}
PFIRRMANN_GRADES: Final = {
    grade: Code(f"PFIRRMANN-{grade}", OWN_SCHEME, f"Pfirrmann grade {grade}")
    for grade in range(1, 6)
}

#: CID 7470, Linear Measurements.
HEIGHT: Final = Code("121207", "DCM", "Height")
LENGTH: Final = _snomed("410668003", "Length")
DEPTH: Final = _snomed("131197000", "Depth")
#: CID 7472, Volume Measurements.
VOLUME: Final = _snomed("118565006", "Volume")
#: CID 218, Quantitative Image Features.
COBB_ANGLE: Final = _snomed("285285000", "Cobb angle")
#: CID 2, Anatomic Modifiers.
ANTERIOR: Final = _snomed("255549009", "Anterior")
CENTRAL: Final = _snomed("26216008", "Central")
POSTERIOR: Final = _snomed("255551008", "Posterior")
#: CID 7464, General Region of Interest Measurement Modifiers.
MINIMUM: Final = _snomed("255605001", "Minimum")
#: CID 245, Laterality with Median, by `discai.reading.Side`.
SIDES: Final = {
    "left": _snomed("7771000", "Left"),
    "central": Code("130290", "DCM", "Median"),
    "right": _snomed("24028007", "Right"),
}
#: CID 4031, Common Anatomic Regions.
LUMBAR_SPINE: Final = _snomed("122496007", "Lumbar spine")

HEIGHT_INDEX: Final = Code("DHI", OWN_SCHEME, "Disc height index")
LENGTH_RATIO: Final = Code("LENGTH-RATIO", OWN_SCHEME, "Length of the disc by depth of the bodies")
BULGE: Final = Code("BULGE", OWN_SCHEME, "Reach of the disc behind the line of the back walls")
SLIP: Final = Code("SLIP", OWN_SCHEME, "Slip of the upper vertebra, positive to the front")
SLIP_PERCENT: Final = Code("SLIP-PERCENT", OWN_SCHEME, "Slip by depth of the lower body")
MEYERDING: Final = Code("MEYERDING", OWN_SCHEME, "Meyerding grade")
MEYERDING_GRADES: Final = [
    Code(f"MEYERDING-{grade}", OWN_SCHEME, f"Meyerding grade {grade}") for grade in range(6)
]
LORDOSIS: Final = Code("LORDOSIS", OWN_SCHEME, "Lumbar lordosis, L1 to L5")
LATERAL_CURVE: Final = Code("LATERAL-CURVE", OWN_SCHEME, "Curve of the lumbar spine to one side")
LATERAL_OFFSET: Final = Code("LATERAL-OFFSET", OWN_SCHEME, "Farthest offset of a disc to one side")
LATERAL_ARC: Final = Code("LATERAL-ARC", OWN_SCHEME, "Angle of the arc with this offset")
SCOLIOSIS_HINT: Final = Code("SCOLIOSIS-HINT", OWN_SCHEME, "Offset of discs suggests scoliosis")


def structure_of(value: int) -> tuple[str, Code]:
    """The name of what a segmentation's value stands for, and its code.

    Raises `ValueError` for a value that `discai.anatomy` doesn't know.
    """
    if value == CANAL:
        return "Canal", VERTEBRAL_CANAL
    if FIRST_DISC <= value < FIRST_DISC + len(LEVELS_FROM_SACRUM):
        level = LEVELS_FROM_SACRUM[value - FIRST_DISC]
        return f"Disc {level}", DISCS[level]
    if FIRST_VERTEBRA <= value <= LAST_VERTEBRA:
        number = value - FIRST_VERTEBRA
        names = list(VERTEBRAE_FROM_SACRUM)
        if number < len(names):
            return f"Vertebra {names[number]}", VERTEBRAE_FROM_SACRUM[names[number]]
        return f"Vertebra {number + 1} from the sacrum", VERTEBRA
    raise ValueError(f"no structure has the value {value}")
