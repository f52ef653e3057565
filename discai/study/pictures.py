"""Pictures of a study: told apart by their names, since nothing else says what belongs together."""

from pathlib import Path

from discai.scan import picture
from discai.scan.archive import natural_order
from discai.scan.kinds import is_numbered_through, several_patterns
from discai.study.part import Part
from discai.study.series import Series, digest_of, file_digest


def sort_pictures(files: dict[Path, str]) -> Part:
    """One series of pictures in natural order; what may be several raises `mixed-series`."""
    if not files:
        return Part()
    paths = sorted(files, key=lambda path: natural_order(files[path]))
    if not is_numbered_through([files[path] for path in paths]):
        raise several_patterns()
    return Part(
        (
            Series(
                files={path: files[path] for path in paths},
                format=picture.NAME,
                digest=digest_of(map(file_digest, paths)),
                slices=len(paths),
            ),
        )
    )
