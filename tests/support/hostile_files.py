"""Files that break decoders, made on the spot; every one must be refused with a clear code."""

import gzip
import io
import random
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.support.scan_files import (
    dicom_bytes,
    dicom_series,
    dicom_slice,
    mha_bytes,
    nifti_bytes,
    picture_bytes,
    zip_bytes,
)

Hostile = tuple[str, bytes, str]

_VOLUME = np.random.default_rng(1).integers(0, 900, (4, 24, 20)).astype(np.uint16)
_BODY = np.arange(64, dtype="<i2").tobytes()
_NOISE = random.Random(1).randbytes(4096)
_PICTURE = _VOLUME[0].astype(np.uint8)


def make_hostile_files(folder: Path) -> dict[str, set[str]]:
    """Writes the files; for each name the codes with which it may be refused."""
    expected = {}
    for family in (_mha, _nifti, _dicom, _pictures, _archives, _strangers):
        for name, content, codes in family():
            assert name not in expected
            (folder / name).write_bytes(content)
            expected[name] = set(codes.split())
    return expected


def _header(
    dims: str = "4 4 4", ndims: str = "3", data: str = "LOCAL", extra: str = "", **replaced: str
) -> bytes:
    entries = {
        "ObjectType": "Image",
        "NDims": ndims,
        "BinaryData": "True",
        "TransformMatrix": "0 1 0 0 0 -1 -1 0 0",
        "Offset": "0 0 0",
        "ElementSpacing": "1 1 1",
        "DimSize": dims,
        "ElementType": "MET_SHORT",
    }
    lines = "".join(f"{key} = {value}\n" for key, value in (entries | replaced).items())
    return (lines + extra + f"ElementDataFile = {data}\n").encode()


def _mha() -> Iterator[Hostile]:
    packed = {"CompressedData": "True"}
    whole = mha_bytes(_VOLUME)
    bomb = zlib.compress(bytes(2**26), 9)
    plain = _header() + _BODY
    yield "cut-in-data.mha", plain[:-7], "truncated"
    yield "cut-in-zlib.mha", whole[: len(whole) * 2 // 3], "truncated damaged"
    yield "cut-in-header.mha", plain[:90], "truncated not-an-image"
    yield "no-data.mha", _header(), "truncated"
    yield "too-much-data.mha", plain + bytes(32), "damaged"
    yield "noise.mha", _NOISE, "not-an-image"
    yield "noise-as-zlib.mha", _header(**packed) + _NOISE, "damaged"
    yield "bomb.mha", _header(**packed) + bomb, "damaged"
    yield "short-zlib.mha", _header("64 64 64", **packed) + zlib.compress(_BODY), "truncated"
    yield "claims-500-mib.mha", _header("512 512 1000", **packed) + bomb[:200], "truncated"
    yield "huge.mha", _header("2147483647 2147483647 2147483647") + _BODY, "too-large"
    yield "overflow.mha", _header("4294967296 4294967296 1") + _BODY, "too-large"
    yield "16-gib.mha", _header("2000 2000 2000") + _BODY, "too-large"
    yield "negative-dims.mha", _header("-4 -4 4") + _BODY, "bad-geometry"
    yield "no-dims.mha", _header("0 4 4") + _BODY, "bad-geometry"
    yield "float-dims.mha", _header("4.5 4e3 4") + _BODY, "bad-geometry"
    yield "two-dims.mha", _header("8 8", ndims="2") + _BODY, "bad-geometry"
    yield "thousand-dims.mha", _header(ndims="1000") + _BODY, "not-3d"
    yield "negative-ndims.mha", _header(ndims="-3") + _BODY, "not-3d"
    yield "system-file.mha", _header(data="/etc/passwd"), "external-data"
    yield "parent-folder.mha", _header(data="../secret.raw"), "external-data"
    yield "device.mha", _header(data="/dev/zero"), "external-data"
    yield "list.mha", _header(data="LIST") + b"/etc/passwd\n", "external-data"
    yield "format-string.mha", _header(data="%s%s%n.raw 1 2 1"), "external-data"
    yield "url.mha", _header(data="http://127.0.0.1/x"), "external-data"
    yield "header-size.mha", _header(extra="HeaderSize = 99\n") + _BODY, "unsupported-format"
    yield "text-pixels.mha", _header(BinaryData="False") + b"1 2 3", "unsupported-format"
    yield "rgb.mha", _header(extra="ElementNumberOfChannels = 3\n") + _BODY, "unsupported-format"
    yield "pixel-type.mha", _header(ElementType="MET_BOGUS") + _BODY, "unsupported-format"
    yield "nan-spacing.mha", _header(ElementSpacing="nan 1 1") + _BODY, "bad-geometry"
    yield "zero-spacing.mha", _header(ElementSpacing="0 1 1") + _BODY, "bad-geometry"
    yield "negative-spacing.mha", _header(ElementSpacing="-1 1 1") + _BODY, "bad-geometry"
    vast = _header("64 64 3", ElementSpacing="100 100 100") + bytes(2 * 64 * 64 * 3)
    yield "6-m-wide.mha", vast, "bad-geometry"
    deep = mha_bytes(np.zeros((400, 100, 100), np.uint8), (3.5, 7.0, 7.0))
    yield "196-square-metres.mha", deep, "too-large"
    yield "infinite-origin.mha", _header(Offset="inf 0 1e309") + _BODY, "bad-geometry"
    yield "singular.mha", _header(TransformMatrix="0 0 0 0 0 0 0 0 0") + _BODY, "bad-geometry"
    yield "sheared.mha", _header(TransformMatrix="1 1 0 0 1 0 0 0 1") + _BODY, "bad-geometry"
    yield "long-line.mha", _header(extra=f"Comment = {'B' * 10**6}\n") + _BODY, "too-large"
    many = "".join(f"K{i} = v\n" for i in range(20000))
    yield "many-keys.mha", _header(extra=many) + _BODY, "too-large"
    yield "same-key.mha", _header(extra="NDims = 3\n") + _BODY, "not-an-image"
    axial = mha_bytes(_VOLUME, (4.0, 0.6, 0.6), "LPS")
    yield "axial.mha", axial, "not-sagittal"


def _nifti() -> Iterator[Hostile]:
    whole = nifti_bytes(_VOLUME.T)
    yield "cut.nii", whole[:-100], "truncated damaged"
    yield "cut-in-header.nii", whole[:100], "not-an-image"
    yield "cut.nii.gz", gzip.compress(whole)[:1500], "truncated damaged"
    yield "noise.nii.gz", gzip.compress(_NOISE), "not-an-image"
    yield "bomb.nii.gz", gzip.compress(_patched(whole, 42, "<3h", 8000, 8000, 8000)), "too-large"
    yield "negative-dims.nii", _patched(whole, 42, "<3h", -4, -4, 4), "bad-geometry damaged not-3d"
    yield "nan-spacing.nii", _patched(whole, 80, "<3f", *[float("nan")] * 3), "bad-geometry damaged"
    yield "pair.nii", _patched(whole, 344, "4s", b"ni1\0"), "external-data"
    yield "time-series.nii", nifti_bytes(np.zeros((20, 24, 4, 3), np.int16)), "not-3d"
    rgb = np.zeros((20, 24, 4), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    yield "rgb.nii", nifti_bytes(rgb), "unsupported-format"
    yield "complex.nii", nifti_bytes(np.zeros((20, 24, 4), np.complex64)), "unsupported-format"
    yield "offset.nii", _patched(whole, 108, "<f", 1e30), "truncated damaged"


def _patched(content: bytes, offset: int, code: str, *values: object) -> bytes:
    part = struct.pack(code, *values)
    return content[:offset] + part + content[offset + len(part) :]


def _dicom() -> Iterator[Hostile]:
    pixels = _VOLUME[0]
    whole = dicom_bytes(dicom_slice(pixels))
    without = dicom_slice(pixels)
    del without.PixelData
    huge = dicom_slice(pixels)
    huge.Rows = huge.Columns = 65535
    axial = dicom_slice(pixels, axes=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0))
    yield "cut.dcm", whole[:-300], "truncated damaged"
    yield "cut-in-header.dcm", whole[:300], "truncated damaged"
    yield "preamble-only.dcm", bytes(128) + b"DICM", "damaged"
    yield "noise.dcm", bytes(128) + b"DICM" + _NOISE, "damaged"
    yield "no-pixels.dcm", dicom_bytes(without), "damaged empty"
    yield "huge.dcm", dicom_bytes(huge), "too-large truncated damaged"
    yield "axial.dcm", dicom_bytes(axial), "not-sagittal"


def _pictures() -> Iterator[Hostile]:
    png, jpg = picture_bytes(_PICTURE), picture_bytes(_PICTURE, ".jpg")
    yield "cut.png", png[: len(png) // 2], "truncated"
    yield "signature-only.png", png[:8], "truncated"
    yield "flipped-bit.png", png[:60] + bytes([png[60] ^ 1]) + png[61:], "damaged"
    yield "cut.jpg", jpg[: len(jpg) * 3 // 4], "truncated"
    yield "signature-only.jpg", jpg[:4], "damaged truncated"
    yield "noise.jpg", jpg[:20] + _NOISE, "damaged truncated"
    yield "huge.png", _png(100_000, 100_000, b"\0"), "too-large"
    yield "no-rows.png", _png(16, 0, b"\0"), "bad-geometry damaged"
    yield "bomb.png", _png(8192, 8192, bytes(2**26)), "damaged decoder-crashed"
    yield "bad-zlib.png", _png(64, 64, None), "damaged"


def _png(width: int, height: int, rows: bytes | None) -> bytes:
    """A greyscale PNG whose chunks are well formed, whatever they claim."""
    data = _NOISE if rows is None else zlib.compress(rows, 9)
    header = struct.pack(">2I5B", width, height, 16, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def _archives() -> Iterator[Hostile]:
    png = picture_bytes(_PICTURE)
    series = dicom_series(_VOLUME)
    whole = zip_bytes(series)
    yield "cut.zip", whole[: len(whole) // 2], "truncated damaged"
    yield "flipped-bit.zip", whole[:200] + bytes([whole[200] ^ 1]) + whole[201:], "damaged"
    yield "nothing.zip", zip_bytes({}), "empty"
    yield "only-system-files.zip", zip_bytes({"__MACOSX/a": b"x", ".DS_Store": b"x"}), "empty"
    yield "bomb.zip", zip_bytes({f"{i}.png": bytes(2**25) for i in range(4)}), "too-large"
    yield "many-files.zip", zip_bytes({str(i): b"" for i in range(5000)}), "too-large"
    yield "traversal.zip", zip_bytes({"../../tmp/evil.png": png}), "unsafe-archive"
    yield "absolute.zip", zip_bytes({"/tmp/evil.png": png}), "unsafe-archive"
    yield "symlink.zip", _special(stat.S_IFLNK, b"/etc/passwd"), "unsafe-archive"
    yield "fifo.zip", _special(stat.S_IFIFO, b""), "unsafe-archive"
    yield "encrypted.zip", _encrypted(zip_bytes({"1.png": png})), "encrypted"
    volume = mha_bytes(_VOLUME)
    yield "mixed.zip", zip_bytes({"1.mha": volume, **series}), "mixed-series"
    yield "volume-and-preview.zip", zip_bytes({"1.mha": volume, "1.png": png}), "mixed-series"
    yield "volumes.zip", zip_bytes({"1.mha": volume, "2.mha": volume}), "mixed-series"
    yield "text-among.zip", zip_bytes({"1.png": png, "2.png": b"not"}), "not-an-image"
    yield "text.zip", zip_bytes({"notes.txt": b"hello"}), "unsupported-format"
    nested = zip_bytes({"inner.zip": zip_bytes({"inner.zip": whole})})
    yield "zip-in-zip-in-zip.zip", nested, "unsupported-format"
    yield "zips.zip", zip_bytes({"1.zip": whole, "2.zip": whole}), "mixed-series"
    yield "header-alone.zip", zip_bytes({"1.mhd": _header(data="1.raw")}), "external-data"
    yield "header-of-a-file.zip", zip_bytes({"1.mhd": _header(data="/etc/passwd")}), "external-data"
    small = picture_bytes(_PICTURE[:10])
    yield "two-sizes.zip", zip_bytes({"1.png": png, "2.png": small}), "mixed-series"
    other = dicom_bytes(dicom_slice(_VOLUME[0], (50.0, 0.0, 0.0), series="9.9"))
    yield "two-series.zip", zip_bytes({**series, "other": other}), "mixed-series"
    gap = {name: file for name, file in series.items() if not name.endswith("IM001")}
    yield "missing-slice.zip", zip_bytes(gap), "bad-geometry"
    dot = picture_bytes(np.zeros((2, 2), np.uint8))
    yield "3000-dots.zip", zip_bytes({f"{i}.png": dot for i in range(3000)}), "too-large"
    yield "bad-slice.zip", zip_bytes({"1.png": png, "2.png": png[:-30]}), "truncated"
    lzma = io.BytesIO()
    with zipfile.ZipFile(lzma, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("1.png", png)
    yield "lzma.zip", lzma.getvalue(), "unsupported-format"


def _special(kind: int, content: bytes) -> bytes:
    entry = zipfile.ZipInfo("1.png")
    entry.external_attr = (kind | 0o777) << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(entry, content)
    return buffer.getvalue()


def _encrypted(archive: bytes) -> bytes:
    """The archive with the flag of encryption set in the entry and in the directory."""
    directory = archive.rindex(b"PK\x01\x02")
    flagged = _patched(archive, 6, "<H", 1)
    return _patched(flagged, directory + 8, "<H", 1)


def _strangers() -> Iterator[Hostile]:
    yield "empty.mha", b"", "empty"
    yield "empty.zip", b"", "empty"
    yield "text.txt", b"This is no image.\n", "not-an-image"
    yield "letter.pdf", b"%PDF-1.7\n" + _NOISE, "unsupported-format"
    yield "scan.tiff", b"II*\0" + _NOISE, "unsupported-format"
    yield "noise", b"\x01" + _NOISE, "not-an-image"
    yield "page.html", b"<html><script>alert(1)</script></html>", "not-an-image"
    yield "pdf-called.mha", b"%PDF-1.7\n" + _NOISE, "unsupported-format"
    yield "text-called.png", b"I am a picture, trust me.", "not-an-image"
    yield "text-called.dcm", b"I am a DICOM file, trust me." * 20, "damaged"
