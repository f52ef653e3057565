"""Addresses of slices in an archive: only those that DiscAI wrote are followed."""

import pytest

from discai.cloud import paths
from discai.cloud.archived import ArchivedSlices, address_of
from discai.errors import PermanentError
from discai.records.archive import Address, ArchivedInstance
from discai.records.keys import Keys

STORE = "projects/p/locations/l/datasets/d/dicomStores/s"
OURS = ArchivedInstance(store=STORE, study="1.2", series="1.3", uid="1.4")


class Files:
    """An archive that has every file."""

    def fetch(self, instance: Address, max_bytes: int) -> bytes:
        return f"{instance.study} {instance.series} {instance.uid}".encode()

    def check(self) -> None:
        pass


@pytest.fixture
def slices() -> ArchivedSlices:
    return ArchivedSlices(Files(), Keys("k" * 32))


def test_the_file_of_an_address_becomes_the_slice(slices, tmp_path):
    name = address_of(OURS, slices.keys)
    assert paths.is_archived_slice(name)
    assert not paths.is_scan(name)
    (tmp_path / "1").write_text(OURS.model_dump_json(by_alias=True))
    slices.fetch(name, tmp_path / "1", 100)
    assert (tmp_path / "1").read_bytes() == b"1.2 1.3 1.4"


@pytest.mark.parametrize(
    "address",
    [
        OURS.model_copy(update={"uid": "1.5"}).model_dump_json(),
        OURS.model_copy(update={"series": "1.5"}).model_dump_json(),
        OURS.model_copy(update={"uid": "../../studies/1"}).model_dump_json(),
        "{}",
        "no JSON",
    ],
)
def test_an_uploader_cannot_have_another_file_read_from_the_archive(slices, tmp_path, address):
    (tmp_path / "1").write_text(address)
    with pytest.raises(PermanentError) as problem:
        slices.fetch(address_of(OURS, slices.keys), tmp_path / "1", 100)
    assert problem.value.code == "damaged"
    assert (tmp_path / "1").read_text() == address


def test_a_study_is_part_of_the_address(slices):
    other = OURS.model_copy(update={"study": "1.9"})
    assert address_of(other, slices.keys) != address_of(OURS, slices.keys)
