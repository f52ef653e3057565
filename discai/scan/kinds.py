"""Which files of a folder or an archive are images: discs and systems put others beside them."""

from pathlib import Path, PurePosixPath
from typing import Final

from discai.scan import dicom, mha, nifti, picture

_HEAD_BYTES: Final = 1024
_SYSTEM_FILES: Final = {"dicomdir", "thumbs.db", "desktop.ini", "__macosx"}


def is_of_system(name: str) -> bool:
    """Whether operating systems or DICOM media add files of that name (with `/` for folders)."""
    parts = [part.lower() for part in PurePosixPath(name).parts]
    return any(part in _SYSTEM_FILES or (part.startswith(".") and part != "..") for part in parts)


def kind_of(path: Path, name: str) -> str | None:
    """The NAME of an image's format; None for what is no image (viewers, lists, notes).

    The content decides. What only its `name` says to be an image counts as one too: it is damaged,
    and leaving it out would hide that a slice is missing.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    for hint in ("", name.lower()):
        for kind in (picture, dicom, nifti, mha):
            if kind.recognises(head, hint):
                return str(kind.NAME)
    return None
