"""DICOM files of a study: hashed here, parsed and sorted in the sandbox."""

import math
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from discai.errors import PermanentError
from discai.records.keys import Identity
from discai.records.record import Failure
from discai.records.study import Plane, Sequence
from discai.scan import dicom, sandbox
from discai.study.part import Part
from discai.study.series import DAMAGED, Series, digest_of, file_digest


class _Described(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, strict=True)


class _Thing(_Described):
    what: str
    reason: str


class _Identity(_Described):
    study: str
    patient: str
    issuer: str
    frame: str


class _Series(_Described):
    """One series as `discai.scan.dicom.series` describes it; `files` by their places."""

    files: list[int] = Field(min_length=1)
    plane: Plane | None
    sequence: Sequence | None
    series_number: int | None
    echo_ms: float | None
    slices: int = Field(ge=1)
    identity: _Identity


class _Description(_Described):
    series: list[_Series]
    left_out: list[_Thing]
    failures: list[Failure]
    damaged: list[Failure]


def sort_dicom(files: dict[Path, str]) -> Part:
    """The series of DICOM files, as their scanner numbered them; of one number, late echoes first.

    A file that lies there twice counts once, whatever it is called.
    """
    if not files:
        return Part()
    by_digest: dict[str, Path] = {}
    for path in files:
        by_digest.setdefault(file_digest(path), path)
    digests = sorted(by_digest)  # so that the order of the files changes nothing
    paths = [by_digest[digest] for digest in digests]
    description = _description_of(paths)
    found = [
        (
            (
                math.inf if each.series_number is None else each.series_number,
                -(each.echo_ms or 0.0),
            ),
            Series(
                files={paths[place]: files[paths[place]] for place in each.files},
                format=dicom.NAME,
                digest=digest_of(digests[place] for place in each.files),
                scanner_number=each.series_number,
                sequence=each.sequence,
                plane=each.plane,
                slices=each.slices,
                identity=Identity(**each.identity.model_dump()),
            ),
        )
        for each in description.series
    ]
    found.sort(key=lambda pair: (pair[0], pair[1].digest))
    return Part(
        tuple(series for _, series in found),
        (
            *((thing.what, thing.reason) for thing in description.left_out),
            *((DAMAGED, damage.message) for damage in description.damaged),
        ),
        _first(description.failures),
        _first(description.damaged),
    )


def _description_of(paths: list[Path]) -> _Description:
    described = sandbox.describe("discai.scan.dicom.series", paths)
    try:
        description = _Description.model_validate(described)
    except ValidationError as error:
        raise sandbox.crashed() from error
    places = {place for each in description.series for place in each.files}
    if not places <= set(range(len(paths))):
        raise sandbox.crashed()
    return description


def _first(failures: list[Failure]) -> PermanentError | None:
    return PermanentError(failures[0].code, failures[0].message) if failures else None
