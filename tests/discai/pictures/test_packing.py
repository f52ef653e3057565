"""One file of many, each of which can be read by itself."""

import io
import zipfile

from discai.pictures.packing import pack

FILES = [("slice-00.png", b"first"), ("mask-00.png", b""), ("slice-100.png", b"third" * 1000)]


def test_each_file_lies_where_it_is_said_to_lie():
    packed = pack(FILES)
    places = zip(packed.starts, packed.sizes, strict=True)
    assert [packed.data[start : start + size] for start, size in places] == [
        content for _, content in FILES
    ]


def test_any_program_that_opens_zips_finds_the_files_by_their_names():
    with zipfile.ZipFile(io.BytesIO(pack(FILES).data)) as opened:
        assert [(name, opened.read(name)) for name in opened.namelist()] == FILES


def test_the_same_files_are_the_same_bytes_whenever_they_are_packed():
    assert pack(FILES) == pack(iter(FILES))
