"""Pictures as cameras, viewers and people save them."""

import struct

import cv2
import numpy as np
import pytest

from discai.errors import PermanentError
from discai.scan import read_scan
from discai.scan.exif import turned
from tests.support.scan_files import picture_bytes, write, zip_bytes

pytestmark = pytest.mark.usefixtures("decoding_here")

ROWS = np.tile(np.linspace(0, 250, 48).astype(np.uint8)[:, None], (1, 64))
SHOWN = np.where(np.arange(64) < 20, ROWS, ROWS // 4).astype(np.uint8)


def with_orientation(jpeg, orientation, order="<"):
    mark = {"<": b"II*\0", ">": b"MM\0*"}[order]
    entry = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    tiff = mark + struct.pack(order + "IH", 8, 1) + entry + bytes(4)
    body = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def refusal(path):
    with pytest.raises(PermanentError) as error:
        read_scan(path)
    return error.value


#: What a camera stores that was held so, of what is to be shown.
STORED = {
    1: SHOWN,
    2: SHOWN[:, ::-1],
    3: SHOWN[::-1, ::-1],
    4: SHOWN[::-1],
    5: SHOWN.T,
    6: np.rot90(SHOWN, 1),
    7: SHOWN[::-1, ::-1].T,
    8: np.rot90(SHOWN, 3),
}


@pytest.mark.parametrize("orientation", STORED)
def test_what_a_camera_stores_is_turned_as_every_viewer_does(orientation):
    assert np.array_equal(turned(STORED[orientation], orientation), SHOWN)
    # OpenCV turns pictures, too, where it isn't told to keep them as they are stored.
    jpeg = picture_bytes(np.ascontiguousarray(STORED[orientation]), ".jpg")
    encoded = np.frombuffer(with_orientation(jpeg, orientation), np.uint8)
    expected = cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE)
    assert np.abs(expected.astype(int) - SHOWN).mean() < 3


@pytest.mark.parametrize(("orientation", "order"), [(6, "<"), (8, ">"), (3, "<"), (99, "<")])
def test_a_photo_is_read_as_it_is_shown(tmp_path, orientation, order):
    stored = np.ascontiguousarray(STORED.get(orientation, SHOWN))
    content = with_orientation(picture_bytes(stored, ".jpg"), orientation, order)
    scan = read_scan(write(tmp_path, "photo.jpg", content))
    assert scan.voxels.shape == (1, 48, 64)
    assert np.abs(scan.voxels[0].astype(int) - SHOWN).mean() < 3
    assert "Exif" in scan.removed_tags


def jpeg_of_kind(marker, precision=8):
    content = bytearray(picture_bytes(SHOWN, ".jpg"))
    at = content.index(b"\xff\xc0")
    content[at + 1], content[at + 4] = marker, precision
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (jpeg_of_kind(0xC1, 12), "12 bits"),
        (jpeg_of_kind(0xC3), "lossless"),
        (bytes(4) + b"ftypheic" + bytes(40), "HEIC"),
        (bytes(4) + b"ftypavif" + bytes(40), "AVIF"),
        (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(40), "JPEG 2000"),
        (b"II*\0" + bytes(40), "TIFF"),
        (b"\xff\x0a" + bytes(40), "JPEG XL"),
    ],
)
def test_pictures_of_other_kinds_are_named(tmp_path, content, named):
    error = refusal(write(tmp_path, "photo", content))
    assert error.code == "unsupported-format"
    assert named in error.message


def pictures(names):
    return zip_bytes({name: picture_bytes(SHOWN) for name in names})


@pytest.mark.parametrize(
    "names",
    [
        ["T1/1.png", "T1/2.png", "T2/1.png", "T2/2.png"],
        ["image_1.png", "mask_1.png", "image_2.png", "mask_2.png"],
        ["p1/s1.png", "p1/s2.png", "p2/s1.png", "p2/s2.png"],
        ["p1_s1.png", "p1_s2.png", "p2_s1.png", "p2_s2.png"],
        ["Doe.png", "Roe.png"],
        ["slice1.png", "slice2.jpg"],
    ],
)
def test_pictures_that_may_be_of_several_series_are_refused(tmp_path, names):
    error = refusal(write(tmp_path, "case.zip", pictures(names)))
    assert error.code == "mixed-series"
    assert "several series" in error.message


@pytest.mark.parametrize(
    "names",
    [
        ["1.png", "2.png", "10.png"],
        ["IM-0001-0001.png", "IM-0001-0002.png"],
        ["T2/slice 3 of 9.PNG", "T2/slice 4 of 9.png"],
        ["1/slice1.png", "2/slice2.png"],
        ["only.png"],
        ["1" * 5000 + "2.png", "1" * 5000 + "3.png"],
    ],
)
def test_pictures_numbered_through_are_one_series(tmp_path, names):
    scan = read_scan(write(tmp_path, "case.zip", pictures(names)))
    assert len(scan.voxels) == len(names)
