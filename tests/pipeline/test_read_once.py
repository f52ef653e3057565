"""Labelled scans are read once, not by each run anew, and nothing of that outlives `forget`."""

import numpy as np
import pytest

from discai.cloud.forget import ForgetSettings, forget
from discai.errors import PermanentError
from pipeline.preparation import FoundDisc, ScanDiscs, corrected_crops
from pipeline.read_once import read_once
from pipeline.snapshot import LabelledScan
from tests.pipeline.test_preparation import discs, drawn, scan

pytestmark = pytest.mark.emulator


class Reader:
    """Reads each scan as the same discs, but for the last of them, which has no crops."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, labelled: LabelledScan) -> ScanDiscs:
        self.read.append(labelled.scan_id)
        if labelled.scan_id.startswith("x"):
            raise PermanentError("unreadable", "No scan.")
        known = discs(pixels=ord(labelled.scan_id[0]))
        bare = FoundDisc({8: (1.25, 2.5, 1 / 3, 7.0)}, {})
        return ScanDiscs([*known.discs, bare], known.width, known.height, known.pixel_digest)


@pytest.fixture
def bucket(cloud):
    return cloud.storage.create_bucket(f"{cloud.project}-pipeline")


@pytest.fixture
def reader() -> Reader:
    return Reader()


def test_the_next_run_reads_only_new_scans_and_finds_the_same_of_the_others(bucket, reader):
    read = read_once(reader, bucket, "m1")
    scans = [scan(drawn("L4-L5"), name=name) for name in "ab"]
    first = [read(each) for each in scans]
    again = read_once(reader, bucket, "m1")
    second = [again(each) for each in scans]
    again(scan(name="c"))
    assert reader.read == ["a" * 26, "b" * 26, "c" * 26]
    for one, other in zip(first, second, strict=True):
        assert (one.width, one.height, one.pixel_digest) == (
            other.width,
            other.height,
            other.pixel_digest,
        )
        assert [disc.boxes for disc in one.discs] == [disc.boxes for disc in other.discs]
        for mine, found in zip(one.discs, other.discs, strict=True):
            assert list(mine.crops) == list(found.crops)
            for number, crop in mine.crops.items():
                np.testing.assert_array_equal(found.crops[number], crop, strict=True)
    assert len(corrected_crops(scans, again, frozenset())[0]) == 6


def test_another_model_reads_anew(bucket, reader):
    read_once(reader, bucket, "m1")(scan())
    read_once(reader, bucket, "m2")(scan())
    assert len(reader.read) == 2


def test_a_scan_that_can_not_be_read_is_asked_for_again(bucket, reader):
    read = read_once(reader, bucket, "m1")
    for _ in range(2):
        with pytest.raises(PermanentError):
            read(scan(name="x"))
    assert len(reader.read) == 2


def test_a_forgotten_scan_leaves_nothing_behind(cloud, bucket, reader):
    read = read_once(reader, bucket, "m1")
    for name in "ab":
        read(scan(name=name))
    list(forget("a" * 26, ForgetSettings(cloud.project, cloud.results, bucket.name)))
    (left,) = bucket.list_blobs()
    assert "b" * 26 in left.name
