"""Sequences by what the scanner measured with."""

from pathlib import Path

import numpy as np
import pytest

from discai.scan.dicom.frames import frames_of
from discai.scan.dicom.headers import Header
from discai.scan.dicom.sequence import sequence_of
from tests.support.scan_files import dicom_slice


def sequence(**elements):
    dataset = dicom_slice(np.zeros((4, 4), np.uint16))
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return sequence_of(frames_of(Header(Path("IM0"), dataset))[0])


@pytest.mark.parametrize(
    ("repetition_ms", "echo_ms", "inversion_ms", "expected"),
    [
        (550, 10, None, "T1"),
        (850, 9, 0, "T1"),  # at 3 T; no inversion is 0 in some files
        (3500, 110, None, "T2"),
        (1500, 150, None, "T2"),  # SPACE: its echo trains are long
        (2900, 25, None, "PD"),
        (4200, 55, 160, "STIR"),
        (3800, 40, 220, "STIR"),
        (2000, 9, 860, "T1"),  # T1 FLAIR
        (9000, 110, 2500, "other"),
    ],
)
def test_times_tell_the_sequence(repetition_ms, echo_ms, inversion_ms, expected):
    times = {"RepetitionTime": repetition_ms, "EchoTime": echo_ms, "ScanningSequence": "SE"}
    if inversion_ms is not None:
        times["InversionTime"] = inversion_ms
    assert sequence(**times, SeriesDescription="pd t1 t2 stir") == expected


def test_a_gradient_echo_is_none_of_them():
    assert sequence(RepetitionTime=500, EchoTime=14, ScanningSequence="GR") == "other"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("t2_tse_sag_320", "T2"),
        ("Sag T1", "T1"),
        ("t2_tirm_sag", "STIR"),
        ("PD_fs", "PD"),
        ("t2* medic", "other"),
        ("lumbar", None),
        ("", None),
    ],
)
def test_the_description_is_asked_where_times_are_missing(said, expected):
    assert sequence(SeriesDescription=said) == expected


def test_a_time_that_is_no_number_is_no_time():
    assert sequence(RepetitionTime=None, EchoTime=10, ProtocolName="T1 sag") == "T1"
