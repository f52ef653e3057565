"""Words and habits that the commands share."""

import sys
from pathlib import Path
from typing import Final

from discai.errors import PermanentError

FORMATS: Final = (
    ".mha, .nii, .nii.gz, .nrrd, DICOM, PNG, JPG, or a folder or .zip of them: one series or a "
    "whole study"
)


def complain(line: str) -> None:
    """Prints a line on stderr at once."""
    print(line, file=sys.stderr, flush=True)


def make_folder(path: Path) -> None:
    """Makes the folder and those above it; raises `PermanentError("bad-option")` for a file."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise PermanentError("bad-option", f"{path} is no folder.") from error
