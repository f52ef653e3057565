"""Whole studies: which series they become, and what is left out and why."""

import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest

from discai.errors import PermanentError
from discai.records.study import LeftOut
from discai.scan import read_scan
from discai.study import Study, opened, sort_study
from tests.support.hostile_files import make_hostile_files
from tests.support.scan_files import write
from tests.support.studies.archives import cases
from tests.support.studies.case import Case

pytestmark = pytest.mark.usefixtures("decoding_here")

CASES = cases()
READABLE = sorted(name for name, case in CASES.items() if not case.refused)
#: Names of DICOM files say nothing, those of other files are all that tells them apart.
DICOM = [
    name for name in READABLE if all("IM" in file or file.isdigit() for file in CASES[name].files)
]


@contextmanager
def sorted_study(tmp_path: Path, case: Case) -> Iterator[Study]:
    with opened(write(tmp_path, "study.zip", case.zipped())) as files:
        yield sort_study(files)


def matches(thing: LeftOut, expected: tuple[str, str, int]) -> bool:
    """Tell if a thing is as expected, whose reason may be the beginning of a sentence."""
    what, reason, count = expected
    return (thing.what, thing.count) == (what, count) and thing.reason.startswith(reason)


@pytest.mark.parametrize("name", READABLE)
def test_a_study_is_sorted_into_series_that_are_read_and_the_rest_is_listed(
    tmp_path: Path, name: str
) -> None:
    case = CASES[name]
    with sorted_study(tmp_path, case) as study:
        assert [(each.sequence, each.slices) for each in study.series] == case.series
        assert [each.number for each in study.series] == list(range(1, len(case.series) + 1))
        assert len(study.left_out) == len(case.left_out)
        for expected in case.left_out:
            assert any(matches(thing, expected) for thing in study.left_out), study.left_out
        for each in study.series:
            scan = each.read()
            assert each.slices in (None, scan.grid.shape[0])
            each.pack(tmp_path / f"{each.label}.zip")
            packed = read_scan(tmp_path / f"{each.label}.zip")
            assert np.array_equal(packed.voxels, scan.voxels)
            with opened(tmp_path / f"{each.label}.zip") as files:
                [again] = sort_study(files).series
            assert (again.digest, again.sequence) == (each.digest, each.sequence)


@pytest.mark.parametrize("name", sorted(CASES.keys() - set(READABLE)))
def test_a_study_without_a_readable_series_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(PermanentError) as refusal, sorted_study(tmp_path, CASES[name]):
        pass
    assert refusal.value.code == CASES[name].refused


@pytest.mark.parametrize("name", DICOM)
def test_order_and_names_change_nothing(tmp_path: Path, name: str) -> None:
    contents = list(CASES[name].files.values())
    found = []
    for seed in (1, 2):
        random.Random(seed).shuffle(contents)
        folder = tmp_path / str(seed)
        folder.mkdir()
        files = {
            write(folder, f"{seed * number}", content): f"{seed}/{number}"
            for number, content in enumerate(contents)
        }
        study = sort_study(files)
        found.append(([each.facts for each in study.series], study.left_out))
    assert found[0] == found[1]


def test_hostile_archives_are_sorted_or_refused(tmp_path: Path) -> None:
    for name in make_hostile_files(tmp_path):
        if name.endswith(".zip"):
            with suppress(PermanentError), opened(tmp_path / name) as files:
                assert sort_study(files).series


def test_digests_of_volumes_and_pictures_are_those_of_their_contents(tmp_path: Path) -> None:
    for name in ("two-volumes", "pictures"):
        digests = []
        for prefix in ("", "another"):
            files = {f"{prefix}{each}": content for each, content in CASES[name].files.items()}
            with sorted_study(tmp_path, Case(files)) as study:
                digests.append([each.digest for each in study.series])
        assert digests[0] == digests[1]
        assert len(set(digests[0])) == len(digests[0])


def test_a_study_may_be_a_folder_with_archives_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    for name in ("t1-and-t2", "whole-study"):
        write(folder, f"{name}.zip", CASES[name].zipped())
    with opened(folder) as files:
        study = sort_study(files)
    assert [each.sequence for each in study.series] == ["T1", "T2", "STIR"]


def test_what_was_left_out_is_one_sentence(tmp_path: Path) -> None:
    with sorted_study(tmp_path, CASES["key-object-note"]) as study:
        assert study.note == (
            "Beside the slices that were read, there was: 2 times a key object note (no image)."
        )
    with sorted_study(tmp_path, CASES["cd-with-a-viewer"]) as study:
        assert study.note is None


def test_series_know_their_scanners_numbers(tmp_path: Path) -> None:
    for name, numbers in {"t1-and-t2": [2, 3], "no-series-numbers": [0, 0]}.items():
        with sorted_study(tmp_path, CASES[name]) as study:
            assert [each.facts_by_scanner.number for each in study.series] == numbers
            assert [each.facts.number for each in study.series] == [1, 2]


def test_labels_name_series_for_people(tmp_path: Path) -> None:
    labels = {
        "whole-study": ["1-t1", "2-t2", "3-stir"],
        "two-volumes": ["1-anna", "2-bert"],
        "neither-times-nor-description": ["1-series"],
    }
    for name, expected in labels.items():
        with sorted_study(tmp_path, CASES[name]) as study:
            assert [each.label for each in study.series] == expected
