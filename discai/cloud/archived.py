"""Slices that lie in an archive: their addresses in the bucket, and the files behind these."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from pydantic import ValidationError

from discai.cloud import paths
from discai.errors import PermanentError
from discai.records.archive import Address, ArchivedInstance
from discai.records.keys import Keys

LONGEST_ADDRESS_BYTES: Final = 4096


class Files(Protocol):
    """An archive, as far as slices are read from it."""

    def fetch(self, instance: Address, max_bytes: int) -> bytes:
        """The file as it was stored; raises `PermanentError` or `RetryableError`."""

    def check(self) -> None:
        """Raises `RetryableError` where the archive doesn't answer or lets nobody in."""


@dataclass(frozen=True)
class ArchivedSlices:
    """Slices of an archive by the addresses that functions have put into the bucket.

    Whoever may upload could put addresses there, too, and so read what they may not. But the name
    of an address is a key of it, which nobody makes without the project's secret.
    """

    archive: Files
    keys: Keys

    def fetch(self, name: str, address: Path, max_bytes: int) -> None:
        """Replaces the file of an address, whose object has that name, by the slice itself.

        Raises `PermanentError`: `not-in-archive` where it was deleted, `damaged` for what isn't an
        address that DiscAI wrote.
        """
        try:
            found = ArchivedInstance.model_validate_json(address.read_bytes())
        except ValidationError:
            found = None
        if found is None or name != address_of(found, self.keys):
            raise PermanentError("damaged", "The address of a slice is damaged.")
        address.write_bytes(self.archive.fetch(found, max_bytes))


def address_of(instance: ArchivedInstance, keys: Keys) -> str:
    """Name of the object that holds the address of a file in an archive."""
    store, series = instance.store, instance.series
    return paths.archived_slice(
        keys.of_slices(store, paths.ARCHIVE, series),
        keys.of_archived(store, instance.study, series, instance.uid),
    )
