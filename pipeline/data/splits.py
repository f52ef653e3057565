"""Patients told apart, and the scans that no model may learn from."""

import hashlib
from collections.abc import Mapping, Set
from datetime import datetime
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

#: The patients of the newest corrected scans are kept from training, so many of them.
HELD_OUT_SHARE: Final = 0.2

Use = Literal["train", "held-out", "evaluation-set", "copy-kept-back", "patient-kept-back"]


class Part(NamedTuple):
    """Part that a labelled scan has in a dataset.

    Attributes:
        patient: the same number for all scans of one patient.
        use: `train` and `held-out` are in the dataset; the others say why a scan is not.
    """

    patient: int
    use: Use


def divide(
    keys: Mapping[str, Set[str]],
    corrected_at: Mapping[str, datetime],
    digests: Mapping[str, str],
    frozen: Set[str],
) -> dict[str, Part]:
    """The part of each readable scan; all scans of one patient are on one side.

    Scans are of one patient if they share a key or their pixels. All corrected scans of a patient
    who is held out are asked about; of copies of one scan only the newest.

    Args:
        keys: by scan id, the keys of its patient and study, as far as they are known.
        corrected_at: by scan id, when a reviewer corrected it last.
        digests: of the readable scans' pixels, by scan id.
        frozen: pixel digests of the evaluation set, whose patients never train.
    """
    asked = held_out(corrected_at, _patients(keys))
    patients = _patients({scan: {*keys[scan], digest} for scan, digest in digests.items()})
    numbers: dict[str, int] = {}
    for scan, digest in digests.items():
        number = patient_of(digest)
        numbers[patients[scan]] = min(number, numbers.get(patients[scan], number))
    of_evaluation = {patients[scan] for scan, digest in digests.items() if digest in frozen}
    kept_back = {patients[scan] for scan in asked if scan in digests}
    newest = _newest_copies(asked, corrected_at, digests)
    copied = {digests[scan] for scan in newest}

    def use_of(scan: str) -> Use:
        if patients[scan] in of_evaluation:
            return "evaluation-set"
        if scan in newest:
            return "held-out"
        if digests[scan] in copied:
            return "copy-kept-back"
        return "patient-kept-back" if patients[scan] in kept_back else "train"

    return {scan: Part(numbers[patients[scan]], use_of(scan)) for scan in digests}


def held_out(corrected_at: Mapping[str, datetime], patients: Mapping[str, str]) -> frozenset[str]:
    """The ids of the corrected scans of the patients who were corrected last.

    `corrected_at` says by scan id when a reviewer corrected it last, `patients` whose it is.
    """
    last: dict[str, datetime] = {}
    for scan, at in corrected_at.items():
        last[patients[scan]] = max(at, last.get(patients[scan], at))
    oldest_first = sorted((at, patient) for patient, at in last.items())
    count = int(HELD_OUT_SHARE * len(oldest_first))
    chosen = {patient for _, patient in oldest_first[len(oldest_first) - count :]}
    return frozenset(scan for scan in corrected_at if patients[scan] in chosen)


def patient_of(digest: str) -> int:
    """A number for the unknown patient of an uploaded scan with this pixel digest."""
    return int(digest[:12], 16)


def pixel_digest(voxels: NDArray[np.generic]) -> str:
    """Digest of a scan's pixels, the same whatever file they came in."""
    shape = np.array(voxels.shape, np.int64).tobytes()
    return hashlib.sha256(shape + np.ascontiguousarray(voxels, np.int64).tobytes()).hexdigest()


def _patients(marks: Mapping[str, Set[str]]) -> dict[str, str]:
    """For each scan the first scan, by its id, of those that it shares a mark with, or others do.

    One that shares none is its own.
    """
    first = {scan: scan for scan in marks}

    def root(scan: str) -> str:
        while first[scan] != scan:
            scan = first[scan]
        return scan

    bearer: dict[str, str] = {}
    for scan in sorted(marks):
        for mark in marks[scan]:
            one, other = sorted((root(scan), root(bearer.setdefault(mark, scan))))
            first[other] = one
    return {scan: root(scan) for scan in marks}


def _newest_copies(
    asked: Set[str], corrected_at: Mapping[str, datetime], digests: Mapping[str, str]
) -> frozenset[str]:
    """The scans asked about, of copies the one that was corrected last."""
    by_digest: dict[str, str] = {}
    for scan in sorted(asked & digests.keys(), key=lambda scan: (corrected_at[scan], scan)):
        by_digest[digests[scan]] = scan
    return frozenset(by_digest.values())
