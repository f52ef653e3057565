"""Sequences, by what the scanner measured with and not by what people typed.

Times decide: of repetition (TR), echo (TE) and inversion (TI), in ms, as lumbar protocols at 1.5
and 3 T have them. The series' description is asked only where they are missing.
https://dicom.nema.org/medical/dicom/current/output/chtml/part03/sect_C.8.3.html
"""

import re
from typing import Any, Final

from discai.records.study import Sequence
from discai.scan.dicom.frames import Frame, numbers_in, value_of

#: Fat gives no signal at these inversion times: 140 to 180 ms at 1.5 T, to 250 ms at 3 T.
_FAT_IS_DARK_MS: Final = (80.0, 300.0)
#: Up to here, an inversion makes T1 differ more (T1 FLAIR); from 1500 ms on it takes water away.
_WATER_IS_DARK_MS: Final = 1500.0
_LONG_ECHO_MS: Final = 60.0
_LONG_REPETITION_MS: Final = 1300.0
#: Words of descriptions and of Acquisition Contrast (0008,9209), the telling ones first.
_WORDS: Final[tuple[tuple[str, Sequence], ...]] = (
    (r"stir|tirm", "STIR"),
    (r"flair|fluid_attenuated|dwi|diffusion|dti|adc|perfusion|flow|angio|tof", "other"),
    (r"t2\W?(\*|star)|t2_star|medic|merge|trufi|fiesta|ciss", "other"),
    (r"t1", "T1"),
    (r"t2", "T2"),
    (r"pd|proton_density", "PD"),
)


def sequence_of(frame: Frame) -> Sequence | None:
    """The sequence of a slice; None where neither times nor words say it."""
    timing, modifier = "MRTimingAndRelatedParametersSequence", "MRModifierSequence"
    header, number = frame.header, frame.number
    echo_ms = frame.echo_ms
    repetition_ms = _milliseconds(value_of(header, number, timing, "RepetitionTime"))
    if echo_ms is None or repetition_ms is None:
        return _by_words(frame)
    inversion_ms = _milliseconds(
        value_of(header, number, modifier, "InversionTimes") or header.text("InversionTime")
    )
    return _by_times(
        repetition_ms, echo_ms, inversion_ms, is_gradient_echo=_is_gradient_echo(frame)
    )


def _by_times(
    repetition_ms: float, echo_ms: float, inversion_ms: float | None, *, is_gradient_echo: bool
) -> Sequence:
    if inversion_ms is not None:
        least, most = _FAT_IS_DARK_MS
        if least <= inversion_ms <= most:
            return "STIR"
        if inversion_ms >= _WATER_IS_DARK_MS or echo_ms >= _LONG_ECHO_MS:
            return "other"
        return "T1"
    if is_gradient_echo:
        return "other"
    if echo_ms >= _LONG_ECHO_MS:
        return "T2"
    return "T1" if repetition_ms < _LONG_REPETITION_MS else "PD"


def _is_gradient_echo(frame: Frame) -> bool:
    """Tell if no pulse refocused the echo: then its time says nothing of T2."""
    texts = (frame.header.text(keyword) for keyword in ("ScanningSequence", "EchoPulseSequence"))
    kinds = {word for text in texts for word in text.upper().split("\\")}
    return bool(kinds & {"GR", "GRADIENT"}) and not kinds & {"SE", "SPIN", "BOTH"}


def _by_words(frame: Frame) -> Sequence | None:
    keywords = ("AcquisitionContrast", "SeriesDescription", "ProtocolName")
    contrast = value_of(frame.header, frame.number, "MRImageFrameTypeSequence", keywords[0])
    for said in (str(contrast or ""), *map(frame.header.text, keywords[1:])):
        for pattern, sequence in _WORDS:
            if re.search(rf"(?<![a-z])(?:{pattern})", said.lower()):
                return sequence
    return None


def _milliseconds(value: Any) -> float | None:
    """A time above zero; scanners write 0 where there is none."""
    numbers = numbers_in(value, 1)
    return float(numbers[0]) if numbers is not None and numbers[0] > 0 else None
