"""One page to read of an answer: the key slice, the levels, the report in sentences.

It names nobody: whose it is stands in the header of the object that carries it.
"""

import io
from typing import Final
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepInFrame, Paragraph, Table, TableStyle

from discai.anatomy import LEVELS
from discai.export.answer import MAKER, Answer
from discai.pictures.rendering import Pictures
from discai.records.findings import is_doubtful, is_herniated
from discai.report import RESEARCH_USE, write_report

_WIDTH, _HEIGHT = A4
_MARGIN: Final = 15 * mm
_INNER: Final = _WIDTH - 2 * _MARGIN
_TOP: Final = _HEIGHT - 38 * mm
_PICTURE_WIDTH: Final = 0.5 * _INNER
_PICTURE_HEIGHT: Final = 130 * mm
_GAP: Final = 6 * mm
_FOOT: Final = 12 * mm
_INK: Final = HexColor("#1c2733")
_QUIET: Final = HexColor("#5b6b7b")
_LINE: Final = HexColor("#c9d2db")
_NOTICE: Final = HexColor("#7a2e1d")
_TEXT: Final = ParagraphStyle("text", fontName="Helvetica", fontSize=9, leading=12, textColor=_INK)
_SMALL: Final = ParagraphStyle("small", parent=_TEXT, fontSize=8, leading=10, textColor=_QUIET)
_HEADING: Final = ParagraphStyle("heading", parent=_TEXT, fontName="Helvetica-Bold", fontSize=10)
#: What PDF's own fonts can write.
_ENCODING: Final = "cp1252"


def page_of(answer: Answer) -> bytes:
    """The page as a PDF; the same answer makes the same bytes."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1, pageCompression=1)
    canvas.setTitle(f"{MAKER} reading")
    canvas.setAuthor(MAKER)
    canvas.setSubject(RESEARCH_USE)
    _draw_head(canvas)
    left, top = _MARGIN, _TOP
    bottom = top - _draw_picture(canvas, answer, left, top)
    right = left + _PICTURE_WIDTH + _GAP
    _draw(canvas, [_table(answer)], (right, bottom), (_MARGIN + _INNER - right, top - bottom))
    floor = _FOOT + 8 * mm
    below = bottom - _GAP - floor
    _draw(canvas, _remarks(answer), (_MARGIN, floor), (_INNER, below))
    _draw_foot(canvas)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _draw_head(canvas: Canvas) -> None:
    canvas.setFillColor(_INK)
    canvas.setFont("Helvetica-Bold", 16)
    canvas.drawString(_MARGIN, _HEIGHT - 20 * mm, f"{MAKER}: reading of a lumbar MRI")
    canvas.setFillColor(_NOTICE)
    canvas.rect(_MARGIN, _HEIGHT - 32 * mm, _INNER, 7 * mm, stroke=0, fill=1)
    canvas.setFillColor(white)
    canvas.setFont("Helvetica-Bold", 10)
    canvas.drawString(_MARGIN + 2 * mm, _HEIGHT - 29.7 * mm, RESEARCH_USE)


def _draw_foot(canvas: Canvas) -> None:
    canvas.setFillColor(_NOTICE)
    canvas.setFont("Helvetica-Bold", 9)
    canvas.drawString(_MARGIN, _FOOT, RESEARCH_USE)


def _draw_picture(canvas: Canvas, answer: Answer, left: float, top: float) -> float:
    """Draws the key slice with its outlines; the height that it takes."""
    png = Pictures(answer.scan, answer.reading).overlay(answer.reading.key_slice)
    picture = ImageReader(io.BytesIO(png))
    width, height = picture.getSize()
    scale = min(_PICTURE_WIDTH / width, _PICTURE_HEIGHT / height)
    canvas.drawImage(picture, left, top - scale * height, scale * width, scale * height)
    return float(scale * height)


def _table(answer: Answer) -> Flowable:
    """The levels from the head down: probability, the model's answer, and the reviewer's."""
    found = {disc.level: disc for disc in answer.reading.discs}
    judged = answer.judged
    head = ["Disc", "Probability", "Model"] + (["Reviewer"] if judged else [])
    rows = [head]
    for level in LEVELS:
        disc = found.get(level)
        row = [level, "-", "not found"]
        if disc is not None:
            herniated = is_herniated(disc.herniation, answer.herniation_threshold)
            doubtful = is_doubtful(disc.herniation, answer.herniation_threshold)
            row = [level, f"{disc.herniation:.0%}", _word(herniated) + (" ?" if doubtful else "")]
        rows.append(row + ([_word(judged.get(level))] if judged else []))
    table = Table(rows, hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, -1), "Helvetica", 9),
                ("FONT", (0, 0), (-1, 0), "Helvetica-Bold", 9),
                ("TEXTCOLOR", (0, 0), (-1, -1), _INK),
                ("LINEBELOW", (0, 0), (-1, -1), 0.5, _LINE),
                ("ALIGN", (1, 0), (1, -1), "RIGHT"),
                ("LEFTPADDING", (0, 0), (0, -1), 0),
            ]
        )
    )
    return table


def _word(herniated: bool | None) -> str:
    if herniated is None:
        return "-"
    return "herniated" if herniated else "not herniated"


def _remarks(answer: Answer) -> list[Flowable]:
    reading = answer.reading
    shown = answer.scan.slice_to_stored(reading.key_slice)
    lines = [
        f"Picture: slice {shown} of the series, counted from 0.",
        "Probability: of herniation (bulging is none), from all slices that show the disc. "
        f"Herniated from {answer.herniation_threshold:.0%} on; ? stands beside an answer near it.",
        f"Model {reading.model_version}, {reading.model_digest}",
        f"Made {answer.made_at:%Y-%m-%d %H:%M} by {MAKER} on {reading.device}",
    ]
    if answer.verdict:
        lines.append(f"Reviewed {answer.verdict.given_at:%Y-%m-%d %H:%M}")
    report = write_report(reading, answer.herniation_threshold, answer.judged, answer.graded)
    findings = [Paragraph(_written(line.text), _TEXT) for line in report.findings]
    remarks = [Paragraph(_written(f"\u2022 {each}"), _TEXT) for each in report.remarks]
    small = [Paragraph(_written(line), _SMALL) for line in lines]
    return [Paragraph("Report", _HEADING), *findings, *remarks, *small]


def _written(text: str) -> str:
    """Text without the letters that the fonts lack, as markup of a paragraph."""
    return escape(text.encode(_ENCODING, "replace").decode(_ENCODING))


def _draw(
    canvas: Canvas, content: list[Flowable], corner: tuple[float, float], size: tuple[float, float]
) -> None:
    """Draws from the upper edge of a box down; what is too much for it is made smaller."""
    frame = KeepInFrame(*size, content, mode="shrink")
    _, height = frame.wrapOn(canvas, *size)
    frame.drawOn(canvas, corner[0], corner[1] + size[1] - height)
