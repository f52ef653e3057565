"""Pictures in one file: a ZIP without compression, of which one picture can be read by itself.

Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

#: The same pictures are the same bytes: a repeated write of them changes nothing.
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
_FILE_MODE: Final = 0o644 << 16


@dataclass(frozen=True)
class Packed:
    """A ZIP of files that are in it as they are.

    Attributes:
        data: the ZIP.
        starts: the first byte of each file's content, in the order of packing.
        sizes: bytes of each.
    """

    data: bytes
    starts: tuple[int, ...]
    sizes: tuple[int, ...]


def pack(files: Iterable[tuple[str, bytes]]) -> Packed:
    """Puts files, by their names, into one ZIP."""
    buffer = io.BytesIO()
    starts, sizes = [], []
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as packed:
        for name, content in files:
            entry = zipfile.ZipInfo(name, _MOMENT)
            entry.external_attr = _FILE_MODE
            packed.writestr(entry, content)
            starts.append(buffer.tell() - len(content))
            sizes.append(len(content))
    return Packed(buffer.getvalue(), tuple(starts), tuple(sizes))
