"""Compressed pixels: those that are read, by what the headers say of them."""

from collections.abc import Sequence
from typing import Final

from pydicom.uid import UID

from discai.errors import PermanentError
from discai.scan.dicom.headers import Header

#: Pixel data that ITK's GDCM decodes, by transfer syntax: uncompressed, JPEG, JPEG-LS, JPEG 2000,
#: RLE: https://dicom.nema.org/medical/dicom/current/output/chtml/part06/chapter_A.html
_DECODED: Final = {
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.51",
    "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.81",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.91",
    "1.2.840.10008.1.2.5",
}

#: Newer than pydicom's names: https://dicom.nema.org supplement 232.
_JPEG_XL: Final = tuple(f"1.2.840.10008.1.2.4.{number}" for number in (110, 111, 112))


def refuse_unknown_compression(headers: Sequence[Header]) -> None:
    """Raises `PermanentError("unsupported-format")` for pixels that GDCM does not decode."""
    for header in headers:
        meta = getattr(header.dataset, "file_meta", None)
        syntax = str(meta.get("TransferSyntaxUID", "")) if meta else ""
        if syntax and syntax not in _DECODED:
            raise PermanentError(
                "unsupported-format",
                f"The pixels are compressed in a way that isn't read ({_name_of(syntax)}); export "
                "the series uncompressed.",
            )


def _name_of(syntax: str) -> str:
    if syntax in _JPEG_XL:
        return "JPEG XL"
    return UID(syntax).name
