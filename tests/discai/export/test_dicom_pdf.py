"""The page to read, and the object that carries it."""

import base64
import io
import re
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset

from discai.export.answer import ReviewersVerdict
from discai.export.page import page_of
from discai.pictures.output import PAGE_DICOM, SEGMENTATION_DICOM
from tests.support.dicom_exports import (
    MADE_AT,
    answer_of,
    dumped,
    errors_in,
    exported,
    oriented,
    scrambled,
    series,
    written,
)

pytestmark = pytest.mark.usefixtures("decoding_here")


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    return written(tmp_path / "series", series(*oriented("PIR")))


def page_object(paths: list[Path], **changes: Any) -> Dataset:
    return pydicom.dcmread(io.BytesIO(exported(paths, **changes)[PAGE_DICOM]))


def texts_of(pdf: bytes) -> list[str]:
    """What a page's commands write, one entry for each piece."""
    found: list[str] = []
    for header, stream in re.findall(rb"<<([^>]*)>>\s*stream\n(.*?)endstream", pdf, re.DOTALL):
        if b"/Image" in header:
            continue
        content = zlib.decompress(base64.a85decode(stream.strip().removesuffix(b"~>")))
        pieces = re.findall(rb"\(((?:\\.|[^\\)])*)\) Tj", content)
        found += [re.sub(rb"\\(\d{3})", _letter, piece).decode("cp1252") for piece in pieces]
    return found


def _letter(octal: "re.Match[bytes]") -> bytes:
    return bytes([int(octal[1], 8)])


def test_it_says_what_was_read_by_which_model_and_for_what_it_may_be_used(
    paths: list[Path],
) -> None:
    page = " ".join(texts_of(page_of(answer_of(paths))))
    for text in ("L4-L5", "83%", "L5-S1", "5%", "Odd.", "2026-01-01a", "sha256:00", "42%"):
        assert text in page
    assert "[not confirmed] L4-L5: disc herniation" in page
    assert page.count("Research use only. Not a medical device.") == 2
    assert "Review" not in page


def test_the_reviewers_answers_stand_beside_the_models(paths: list[Path]) -> None:
    verdict = ReviewersVerdict("label-1", {"L5-S1": True}, MADE_AT)
    texts = texts_of(page_of(answer_of(paths, verdict=verdict)))
    assert "Reviewer" in texts
    assert "Reviewed 2026-11-30 06:07" in texts
    row = texts[texts.index("L5-S1") :]
    assert row[:4] == ["L5-S1", "5%", "not herniated", "herniated"]


def test_it_names_nobody(paths: list[Path]) -> None:
    document = page_object(paths)
    assert document.PatientName == "Doe^Jane"
    page = bytes(document.EncapsulatedDocument)
    for text in [*texts_of(page), page.decode("latin-1")]:
        assert "Doe" not in text
        assert "4711" not in text


def test_it_is_one_page_however_much_there_is_to_warn_of(paths: list[Path]) -> None:
    reading = replace(answer_of(paths).reading, warnings=("A long warning about it. " * 20,) * 40)
    page = page_of(answer_of(paths, reading=reading))
    assert b"/Count 1" in page
    assert sum("long warning" in text for text in texts_of(page)) >= 40


def test_letters_that_the_fonts_lack_and_markup_are_no_hindrance(paths: list[Path]) -> None:
    warnings = ("Tilted by 12° “oddly” <b> & 山.",)
    reading = replace(answer_of(paths).reading, warnings=warnings)
    page = "".join(texts_of(page_of(answer_of(paths, reading=reading))))
    assert "Tilted by 12° “oddly” <b> & ?." in page


def test_a_picture_with_a_name_burned_in_is_said_to_have_one(tmp_path: Path) -> None:
    def burned(_: int, dataset: FileDataset) -> None:
        dataset.BurnedInAnnotation = "YES"

    files = series(*oriented("PIR"))
    assert page_object(written(tmp_path / "one", files)).BurnedInAnnotation == "NO"
    files = series(*oriented("PIR"), burned)
    assert page_object(written(tmp_path / "other", files)).BurnedInAnnotation == "YES"


def test_it_refers_to_its_images_and_the_segmentation(paths: list[Path]) -> None:
    results = exported(paths)
    document = pydicom.dcmread(io.BytesIO(results[PAGE_DICOM]))
    referred = [item.ReferencedSOPInstanceUID for item in document.SourceInstanceSequence]
    seg = pydicom.dcmread(io.BytesIO(results[SEGMENTATION_DICOM]))
    sources = {pydicom.dcmread(path).SOPInstanceUID for path in paths}
    assert sorted(referred) == sorted({*sources, seg.SOPInstanceUID})


def test_another_verdict_is_another_page(paths: list[Path]) -> None:
    uids = {
        page_object(paths, verdict=verdict).SOPInstanceUID
        for verdict in (
            None,
            ReviewersVerdict("label-1", {}, MADE_AT),
            ReviewersVerdict("label-2", {}, MADE_AT),
        )
    }
    assert len(uids) == 3


@pytest.mark.process
@pytest.mark.parametrize("kind", ["classic", "enhanced"])
def test_dciodvfy_and_dcmtk_accept_it(tmp_path: Path, kind: str) -> None:
    datasets = series(*oriented("PIR")) if kind == "classic" else [scrambled()[0]]
    paths = written(tmp_path / "series", datasets)
    path, pdf = tmp_path / "page.dcm", tmp_path / "page.pdf"
    path.write_bytes(exported(paths)[PAGE_DICOM])
    assert errors_in(path) == []
    assert "EncapsulatedPDFStorage" in dumped("dcmdump", path)
    dumped("dcm2pdf", path, pdf)
    assert pdf.read_bytes() == page_of(answer_of(paths))
