"""Labelled scans are read once, not by each run anew, and nothing of that outlives `forget`."""

from pathlib import Path

import numpy as np
import pytest

from discai.cloud.forget import ForgetSettings, forget
from discai.cloud.objects import ObjectStore
from discai.errors import PermanentError
from discai.records.scans import LabelledBox, StoredObject
from pipeline.retraining.preparation import OutlinedDisc, ScanDiscs, corrected_crops, scan_reader
from pipeline.retraining.read_once import read_once
from pipeline.retraining.snapshot import LabelledScan
from tests.support.pipeline.labelled import discs, drawn, scan


class Reader:
    """Reads each scan as the same discs, but for the last of them, which has no crops."""

    def __init__(self, objects: ObjectStore, path: Path) -> None:
        self.objects = objects
        self.path = path
        self.read: list[str] = []

    def __call__(self, labelled: LabelledScan) -> ScanDiscs:
        self.objects.download(labelled.object, self.path, 9)
        self.read.append(labelled.scan_id)
        if labelled.scan_id.startswith("x"):
            raise PermanentError("unreadable", "No scan.")
        known = discs(pixels=ord(labelled.scan_id[0]))
        bare = OutlinedDisc({8: (1.25, 2.5, 1 / 3, 7.0)}, {})
        return ScanDiscs([*known.discs, bare], known.width, known.height, known.pixel_digest)


@pytest.fixture
def bucket(cloud):
    return cloud.storage.create_bucket(f"{cloud.project}-pipeline")


@pytest.fixture
def reader(cloud, tmp_path) -> Reader:
    return Reader(ObjectStore(cloud.storage), tmp_path / "scan")


@pytest.fixture
def uploaded(cloud):
    """A labelled scan whose file lies in the cloud."""

    def uploaded(*boxes: LabelledBox, name: str = "a") -> LabelledScan:
        blob = cloud.storage.bucket(cloud.uploads).blob(f"{name}.mha")
        blob.upload_from_string(b"scan")
        stored = StoredObject(
            bucket=cloud.uploads, name=blob.name, generation=blob.generation, size=4
        )
        return scan(*boxes, name=name).model_copy(update={"object": stored})

    return uploaded


def test_the_next_run_reads_only_new_scans_and_finds_the_same_of_the_others(
    bucket, reader, uploaded
):
    read = read_once(reader, bucket, "m1")
    scans = [uploaded(drawn("L4-L5"), name=name) for name in "ab"]
    first = [read(each) for each in scans]
    again = read_once(reader, bucket, "m1")
    second = [again(each) for each in scans]
    again(uploaded(name="c"))
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


def test_another_model_reads_anew(bucket, reader, uploaded):
    labelled = uploaded()
    for name in ("m1", "m2"):
        read_once(reader, bucket, name)(labelled)
    assert len(reader.read) == 2


@pytest.mark.parametrize("damage", ["", "no archive", "half"])
def test_what_was_kept_but_is_damaged_is_read_again(bucket, reader, uploaded, damage, caplog):
    read, labelled = read_once(reader, bucket, "m1"), uploaded(drawn("L4-L5"))
    first = read(labelled)
    (kept,) = bucket.list_blobs()
    whole = kept.download_as_bytes()
    kept.upload_from_string(whole[: len(whole) // 2] if damage == "half" else damage)
    for _ in range(2):
        assert [disc.boxes for disc in read(labelled).discs] == [disc.boxes for disc in first.discs]
    assert len(reader.read) == 2
    assert kept.name in caplog.text


def test_a_scan_that_can_not_be_read_is_asked_for_again(bucket, reader, uploaded):
    read = read_once(reader, bucket, "m1")
    labelled = uploaded(name="x")
    for _ in range(2):
        with pytest.raises(PermanentError, match="No scan"):
            read(labelled)
    assert len(reader.read) == 2


def test_what_was_read_of_a_file_is_not_used_once_the_file_is_gone(cloud, bucket, reader, uploaded):
    _keep_versions(cloud)
    read = read_once(reader, bucket, "m1")
    scans = [uploaded(drawn("L4-L5"), name=name) for name in "abc"]
    for each in scans:
        read(each)
    cloud.storage.bucket(cloud.uploads).delete_blob("a.mha")
    uploaded(name="b")  # another scan of the same name
    crops, refused = corrected_crops(scans, read, frozenset())
    assert {crop.crop.series for crop in crops} == {"c" * 26}
    assert [each.scan_id for each in refused] == ["a" * 26, "b" * 26]
    assert len(reader.read) == 3


def test_a_file_that_is_gone_is_not_read_for_the_first_time_either(cloud, bucket, reader, uploaded):
    _keep_versions(cloud)
    labelled = uploaded()
    cloud.storage.bucket(cloud.uploads).delete_blob("a.mha")
    with pytest.raises(PermanentError, match="deleted or replaced"):
        read_once(reader, bucket, "m1")(labelled)
    with pytest.raises(PermanentError, match="deleted or replaced"):
        scan_reader(reader.objects, cloud.results)(labelled)
    assert reader.read == []


def test_a_forgotten_scan_leaves_nothing_behind(cloud, bucket, reader, uploaded):
    read = read_once(reader, bucket, "m1")
    for name in "ab":
        read(uploaded(name=name))
    settings = ForgetSettings(
        google_cloud_project=cloud.project,
        results_bucket=cloud.results,
        pipeline_bucket=bucket.name,
    )
    list(forget("a" * 26, settings))
    (left,) = bucket.list_blobs()
    assert "b" * 26 in left.name


def _keep_versions(cloud) -> None:
    """As Terraform makes the bucket: what was deleted or replaced stays as an older version."""
    uploads = cloud.storage.bucket(cloud.uploads)
    uploads.versioning_enabled = True
    uploads.patch()
