"""The first bytes of a DICOM file: which series it is of, and if it is one slice.

Strict and bounded, since anybody's bytes come here: nothing is decoded, sequences are stepped over,
and whatever isn't as the standard has it ends the reading.
Format: https://dicom.nema.org/medical/dicom/current/output/chtml/part05/chapter_7.html
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

#: So much of a file is looked at.
HEAD_BYTES: Final = 64 * 1024

_PREAMBLE_BYTES: Final = 128
_IMPLICIT: Final = "1.2.840.10008.1.2"
_DEFLATED: Final = "1.2.840.10008.1.2.1.99"
_BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"
_DIRECTORY: Final = "1.2.840.10008.1.3.10"

#: Value representations with a length of four bytes; all others have one of two.
_LONG: Final = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN"}) | {
    *(b"UR", b"UT", b"UV")
}
_UNDEFINED: Final = 0xFFFFFFFF
_DEEPEST: Final = 8
_LONGEST_UID: Final = 64

_META: Final = 0x0002
_MEDIA_CLASS: Final = (0x0002, 0x0002)
_SYNTAX: Final = (0x0002, 0x0010)
_STUDY: Final = (0x0020, 0x000D)
_SERIES: Final = (0x0020, 0x000E)
_FRAMES: Final = (0x0028, 0x0008)
_ROWS: Final = (0x0028, 0x0010)
_LAST: Final = (0x0028, 0x0011)
_ITEM: Final = (0xFFFE, 0xE000)
_ITEM_ENDS: Final = (0xFFFE, 0xE00D)
_SEQUENCE_ENDS: Final = (0xFFFE, 0xE0DD)

Tag = tuple[int, int]


class _Cut(Exception):  # noqa: N818 - it is how a reading of a beginning ends
    """The bytes end, or aren't as they should be."""


@dataclass(frozen=True)
class Head:
    """Facts that a file says of itself.

    Attributes:
        series: UID of its series.
        study: that of its study; empty where it doesn't say it.
        frames: how many pictures it says to hold.
        is_image: False if it has no picture at all.
    """

    series: str
    study: str
    frames: int
    is_image: bool


def head_of(data: bytes) -> Head | None:
    """The head of a file of a DICOM series by its first bytes, `HEAD_BYTES` or all it has.

    None for anything else, and for a file that doesn't say so early which series it is of.
    """
    elements = _data_set(data)
    if elements is None:
        return None
    said: dict[Tag, bytes] = {}
    is_whole = True
    try:
        for tag, value in elements.until(_LAST):
            said[tag] = value
    except _Cut:
        # A file that ends before its rows has none; one that goes on may have them.
        is_whole = len(data) < HEAD_BYTES
    series = _text(said.get(_SERIES, b""))
    if not series:
        return None
    study = _text(said.get(_STUDY, b""))
    frames = _frames_in(said.get(_FRAMES, b""))
    return Head(series, study, frames, _ROWS in said or not is_whole)


def _data_set(data: bytes) -> "_Elements | None":
    """The elements behind a file's meta information; None for what is no file of a series."""
    start = _PREAMBLE_BYTES + 4 if data[_PREAMBLE_BYTES:].startswith(b"DICM") else 0
    if not start and data.startswith(b"\x08\0"):  # neither preamble nor meta information
        return _Elements(data, 0, explicit=data[4:6].isalpha() and data[4:6].isupper(), order="<")
    if not start and not data.startswith(b"\x02\0"):
        return None
    meta = _Elements(data, start, explicit=True, order="<")
    try:
        said = dict(meta.until((_META, 0xFFFF)))
    except _Cut:
        return None
    syntax = _text(said.get(_SYNTAX, b""))
    if not syntax or _text(said.get(_MEDIA_CLASS, b"")) == _DIRECTORY:
        return None
    if syntax == _DEFLATED:
        try:
            unpacked = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data[meta.at :], HEAD_BYTES)
        except zlib.error:
            return None
        return _Elements(unpacked, 0, explicit=True, order="<")
    order = ">" if syntax == _BIG_ENDIAN else "<"
    return _Elements(data, meta.at, explicit=syntax != _IMPLICIT, order=order)


def _text(value: bytes) -> str:
    """A UID; empty for what can't be one."""
    text = value.rstrip(b"\0 ")
    is_uid = len(text) <= _LONGEST_UID and all(byte in b"0123456789." for byte in text)
    return text.decode("ascii") if is_uid else ""


def _frames_in(value: bytes) -> int:
    text = value.strip(b"\0 ")
    return int(text) if text.isdigit() and len(text) < 10 else 1


class _Elements:
    """Elements of a data set, in their order; `at` is the place that was read up to."""

    def __init__(self, data: bytes, at: int, *, explicit: bool, order: str) -> None:
        self.at = at
        self._data = data
        self._explicit = explicit
        self._order = order

    def until(self, last: Tag) -> Iterator[tuple[Tag, bytes]]:
        """Elements up to a tag, without sequences; raises `_Cut` where the bytes end before."""
        while self.at < len(self._data):
            start, tag = self.at, self._tag()
            if tag > last:  # of what follows, the rest may be written otherwise
                self.at = start
                return
            kind, length = self._kind_and_length(tag)
            if length == _UNDEFINED or kind == b"SQ":
                self._skip_sequence(length, 0)
            else:
                yield tag, self._take(length)
        raise _Cut

    def _header(self) -> tuple[Tag, bytes, int]:
        tag = self._tag()
        return tag, *self._kind_and_length(tag)

    def _tag(self) -> Tag:
        group, element = self._unpack("HH", 4)
        return group, element

    def _kind_and_length(self, tag: Tag) -> tuple[bytes, int]:
        if not self._explicit or tag[0] == _ITEM[0]:
            return b"", self._unpack("L", 4)[0]
        kind = self._take(2)
        if not kind.isalpha() or not kind.isupper():
            raise _Cut
        if kind in _LONG:
            self._take(2)
            return kind, self._unpack("L", 4)[0]
        return kind, self._unpack("H", 2)[0]

    def _skip_sequence(self, length: int, depth: int) -> None:
        """Steps over items, one after the other where they don't say how long they are."""
        if length != _UNDEFINED:
            self._take(length)
            return
        if depth > _DEEPEST:
            raise _Cut
        while True:
            tag, _, size = self._header()
            if tag == _SEQUENCE_ENDS:
                return
            if tag != _ITEM:
                raise _Cut
            if size == _UNDEFINED:
                self._skip_item(depth)
            else:
                self._take(size)

    def _skip_item(self, depth: int) -> None:
        while True:
            tag, kind, length = self._header()
            if tag == _ITEM_ENDS:
                return
            if length == _UNDEFINED or kind == b"SQ":
                self._skip_sequence(length, depth + 1)
            else:
                self._take(length)

    def _unpack(self, kinds: str, size: int) -> tuple[int, ...]:
        return struct.unpack(self._order + kinds, self._take(size))

    def _take(self, length: int) -> bytes:
        end = self.at + length
        if end > len(self._data):
            raise _Cut
        value = self._data[self.at : end]
        self.at = end
        return value
