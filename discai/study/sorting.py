"""`sort_study`: any heap of files becomes series, and a list of what isn't read and why."""

from dataclasses import replace
from pathlib import Path

from discai.errors import PermanentError
from discai.scan import dicom, picture
from discai.scan.kinds import VOLUMES, formats_of, is_longer_series, several_formats
from discai.study.dicom_files import sort_dicom
from discai.study.part import Part
from discai.study.pictures import sort_pictures
from discai.study.series import ICON, OTHER_FILE, NothingToReadError, Study, counted
from discai.study.volumes import sort_volumes


def sort_study(files: dict[Path, str]) -> Study:
    """The series among files that are given with the names that they have for people.

    The order of the files changes nothing, nor do the names of DICOM files.

    Raises:
        NothingToReadError: where no series can be read, for the truest reason:
            `unsupported-format`, `not-sagittal`, `mixed-series`, `bad-geometry`, `damaged`, or what
            headers are refused for.
        PermanentError: `mixed-series` for pictures that nothing tells apart from each other, from
            volumes, or from more DICOM slices; `damaged` where a slice of the one series may be
            missing.
    """
    images = formats_of(files)
    kinds = set(images.values())
    by_kind = {
        kind: {path: files[path] for path, found in images.items() if found == kind}
        for kind in kinds
    }
    pictures = by_kind.get(picture.NAME, {})
    left_out: list[tuple[str, str]] = []
    if pictures and kinds & {*VOLUMES, dicom.NAME}:
        if kinds & VOLUMES or is_longer_series(files, images):
            raise several_formats(kinds)
        left_out += [(ICON, "an icon, or a slice once more")] * len(pictures)
        pictures = {}
    volumes = {path: kind for path, kind in images.items() if kind in VOLUMES}
    parts = [
        sort_dicom(by_kind.get(dicom.NAME, {})),
        sort_volumes(volumes, files),
        sort_pictures(pictures),
    ]
    # The pixels of a `.mhd` header are no image by themselves, and yet read.
    used = {path for part in parts for each in part.series for path in each.files}
    left_out += [(OTHER_FILE, "no image")] * len(files.keys() - images.keys() - used)
    return _study_of(parts, left_out)


def _study_of(parts: list[Part], left_out: list[tuple[str, str]]) -> Study:
    series = [each for part in parts for each in part.series]
    failures = [part.failure for part in parts if part.failure is not None]
    damage = [part.damage for part in parts if part.damage is not None]
    if damage and len(series) <= 1:  # the one series may lack a slice
        raise damage[0]
    things = counted([*left_out, *(thing for part in parts for thing in part.left_out)])
    if not series:
        raise NothingToReadError(failures[0] if failures else _no_images(), things)
    numbered = (replace(each, number=number) for number, each in enumerate(series, start=1))
    return Study(tuple(numbered), things)


def _no_images() -> PermanentError:
    return PermanentError(
        "unsupported-format",
        "There are no DICOM files, no volumes, and no PNG or JPG pictures.",
    )
