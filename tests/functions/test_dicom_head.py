"""The first bytes of a file say which series it is of, and anything else ends the look."""

import io
import random

import numpy as np
import pytest
from pydicom import dcmwrite
from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from functions.dicom_head import HEAD_BYTES, Head, head_of
from tests.support.scan_files import dicom_bytes, dicom_slice
from tests.support.studies.drawing import without_image

SLICE = Head("1.2.3.4", "1.2.3", frames=1, is_image=True)


def file_of(syntax: UID = ExplicitVRLittleEndian, **elements) -> bytes:
    dataset = dicom_slice(np.zeros((8, 8), np.uint16))
    nested = Dataset()
    nested.ReferencedSOPInstanceUID, nested.SeriesInstanceUID = "1.2", "9.9.9"
    inner = Dataset()
    inner.ReferencedImageSequence = [nested]
    dataset.ReferencedImageSequence = [inner, nested]
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    dataset.file_meta.TransferSyntaxUID = syntax
    buffer = io.BytesIO()
    dcmwrite(
        buffer,
        dataset,
        implicit_vr=syntax == ImplicitVRLittleEndian,
        little_endian=syntax != ExplicitVRBigEndian,
        enforce_file_format=True,
    )
    return buffer.getvalue()


@pytest.mark.parametrize(
    "syntax",
    [
        ExplicitVRLittleEndian,
        ImplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
    ],
)
def test_a_slice_says_its_series_in_every_transfer_syntax(syntax):
    assert head_of(file_of(syntax)) == SLICE


def test_sequences_without_a_length_are_stepped_over():
    dataset = dicom_slice(np.zeros((8, 8), np.uint16))
    nested = Dataset()
    nested.SeriesInstanceUID = "9.9.9"
    dataset.ReferencedSeriesSequence = [nested]
    dataset["ReferencedSeriesSequence"].is_undefined_length = True
    nested.is_undefined_length_sequence_item = True
    dataset.ReferencedStudySequence = [nested]
    dataset["ReferencedStudySequence"].is_undefined_length = True
    assert head_of(dicom_bytes(dataset)) == SLICE


def test_several_frames_and_files_without_a_picture_say_so():
    assert head_of(file_of(NumberOfFrames=17)) == Head("1.2.3.4", "1.2.3", 17, is_image=True)
    report = dicom_bytes(without_image("1.2.840.10008.5.1.4.1.1.88.22"))
    assert head_of(report) == Head("1.2.3.77", "1.2.3", 1, is_image=False)


def test_a_file_without_a_preamble_says_the_same():
    data = file_of()
    assert head_of(data[132:]) == SLICE
    place = data.index(b"\x08\0\x16\0")
    assert head_of(data[place:]) == SLICE


def test_a_header_that_goes_on_behind_the_first_bytes_may_be_an_image():
    dataset = dicom_slice(np.zeros((8, 8), np.uint16))
    dataset.add_new((0x0021, 0x0010), "LO", "MAKER")
    dataset.add_new((0x0021, 0x1001), "OB", bytes(2 * HEAD_BYTES))
    assert head_of(dicom_bytes(dataset)[:HEAD_BYTES]) == SLICE


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"NDims = 3\n",
        b"\0" * 200,
        b"\0" * 128 + b"DICM",
        dicom_bytes(without_image("1.2.840.10008.1.3.10")),
        file_of(SeriesInstanceUID=""),
    ],
)
def test_what_is_no_file_of_a_series_has_no_head(data):
    assert head_of(data) is None


def test_no_damage_raises_anything():
    chance = random.Random(1)
    for syntax in (ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian):
        whole = file_of(syntax)
        for _ in range(400):
            data = bytearray(whole[: chance.randrange(len(whole))])
            for _ in range(chance.randrange(8)):
                if data:
                    data[chance.randrange(len(data))] = chance.randrange(256)
            head_of(bytes(data))
