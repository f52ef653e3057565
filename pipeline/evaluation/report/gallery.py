"""Pictures of the worst cases for a person to look at. They show patients: never for git."""

import base64
from collections.abc import Sequence
from html import escape
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from discai.pictures.rendering import overlay, slices_as_shown
from discai.reading import Reading
from pipeline.evaluation.cases import Case
from pipeline.evaluation.figures.failures import Mistake
from pipeline.evaluation.readings import Outcome
from pipeline.evaluation.sets import ReadSet

#: A person looks at no more pictures than these.
MOST: Final = 24
_QUALITY: Final = 85


def gallery_html(read: ReadSet, failures: Sequence[Mistake]) -> str:
    """The key slices of the scans that went most wrong, under what went wrong there."""
    outcomes = {
        case.name: (case, outcome) for case, outcome in zip(read.cases, read.outcomes, strict=True)
    }
    worst = [name for name in dict.fromkeys(f.case for f in failures) if name in outcomes][:MOST]
    figures = []
    for name in worst:
        words = "<br>".join(escape(f.words) for f in failures if f.case == name)
        picture = base64.b64encode(_jpeg(_key_slice(*outcomes[name]))).decode()
        figures.append(
            f'<figure><img alt="{escape(name)}" src="data:image/jpeg;base64,{picture}">'
            f"<figcaption><code>{escape(name)}</code><br>{words}</figcaption></figure>"
        )
    if not figures:
        return ""
    return (
        "<h2>Pictures of what went wrong</h2><p>These show patients of the data folder: keep this "
        f"file out of the repository.</p>{''.join(figures)}"
    )


def _key_slice(case: Case, outcome: Outcome) -> NDArray[np.uint8]:
    """RGB `(row, column, 3)`, with outlines where the scan was read."""
    shown = slices_as_shown(case.scan)
    if isinstance(outcome, Reading):
        return overlay(shown, outcome, outcome.key_slice)
    return np.asarray(cv2.cvtColor(shown[len(shown) // 2], cv2.COLOR_GRAY2RGB), np.uint8)


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    _, encoded = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return bytes(encoded)
