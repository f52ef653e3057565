"""Crops drawn by hand, whose discs reach behind their vertebrae's back walls as far as is asked."""

import numpy as np

from discai.herniation.crops import ANCHOR, CROP_SHAPE

ROW, BORDER = ANCHOR
CANAL_GAP, CANAL_DEPTH = 4, 28  # pixels of half a millimetre


def crop(bulge: int = 0, lower_body: bool = True) -> np.ndarray:
    """A level disc of 9 mm between two bodies whose back walls end at the anchor."""
    picture = np.zeros(CROP_SHAPE, np.uint8)
    picture[..., 0], picture[..., 2] = 60, 128
    picture[: ROW - 9, 10:BORDER, 2] = 255
    if lower_body:
        picture[ROW + 9 :, 10:BORDER, 2] = 255
    front = BORDER + CANAL_GAP
    picture[:, front : front + CANAL_DEPTH, 2] = 1
    if bulge:
        picture[ROW - 6 : ROW + 6, : front + bulge, 2] = 128
    picture[ROW - 9 : ROW + 9, 10:BORDER, 1] = 255
    picture[ROW - 6 : ROW + 6, BORDER : BORDER + bulge, 1] = 255
    return picture
