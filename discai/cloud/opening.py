"""The file of a scan, whatever it is: one object, or a list of slices that are each an object."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from discai.cloud import paths
from discai.cloud.archived import LONGEST_ADDRESS_BYTES, ArchivedSlices
from discai.cloud.objects import ObjectStore
from discai.errors import PermanentError
from discai.records.scans import SCAN_MAX_BYTES, StoredObject
from discai.records.slices import SliceList
from discai.scan import Scan, read_scan
from discai.scan.archive import MAX_ENTRIES, MAX_UNPACKED_BYTES
from discai.scan.reader import nameless
from discai.study import names_its_study, opened, sort_study

_LONGEST_LIST_BYTES: Final = 16 * 2**20
_AT_ONCE: Final = 8


def fetch(
    objects: ObjectStore,
    stored: StoredObject,
    folder: Path,
    archived: ArchivedSlices | None = None,
) -> Path:
    """Downloads an uploaded object into a folder: a file, or a folder of a list's slices.

    Nothing there has a name that its uploader gave. Slices that are addresses are fetched from the
    archive. Raises `PermanentError`: `too-large`, `object-gone`, `damaged` for a list that is
    none, `no-archive` or `not-in-archive`, and `RetryableError`.
    """
    if not paths.is_slice_list(stored.name):
        path = folder / nameless(stored.name)
        objects.download(stored, path, SCAN_MAX_BYTES)
        return path
    slices = _listed(objects, stored, folder)
    below = folder / "slices"
    below.mkdir()
    files = {below / f"{number:04d}": each for number, each in enumerate(slices)}

    def fetch_one(path: Path, listed: StoredObject) -> None:
        if not paths.is_archived_slice(listed.name):
            objects.download(listed, path, MAX_UNPACKED_BYTES)
            return
        if archived is None:
            raise PermanentError(
                "no-archive", "The slices lie in an archive, and none is known here."
            )
        objects.download(listed, path, LONGEST_ADDRESS_BYTES)
        archived.fetch(listed.name, path, MAX_UNPACKED_BYTES)

    total = 0
    with ThreadPoolExecutor(_AT_ONCE) as downloads:
        done = {path: downloads.submit(fetch_one, path, each) for path, each in files.items()}
        try:
            for path, each in done.items():
                each.result()
                total += path.stat().st_size
                if total > MAX_UNPACKED_BYTES:  # a list doesn't say how large archived slices are
                    raise _too_large()
        finally:
            downloads.shutdown(cancel_futures=True)
    return below


def read_fetched(path: Path) -> Scan:
    """The scan of what `fetch` has fetched, if it is one; raises `PermanentError` as readers do."""
    if not names_its_study(path):
        return read_scan(path)
    with opened(path) as files:
        study = sort_study(files)
        if len(study.series) == 1:
            return study.only_scan()
    if path.is_dir():
        raise PermanentError("mixed-series", "The slices are of several series.")
    # Read as one scan by an earlier version.
    return read_scan(path)


def _too_large() -> PermanentError:
    return PermanentError("too-large", "The slices of the series are too large together.")


def _listed(objects: ObjectStore, stored: StoredObject, folder: Path) -> Sequence[StoredObject]:
    path = folder / "list.json"
    objects.download(stored, path, _LONGEST_LIST_BYTES)
    try:
        slices = SliceList.model_validate_json(path.read_bytes()).slices
    except ValidationError as error:
        raise PermanentError("damaged", "The list of slices is damaged.") from error
    if not slices or any(each.bucket != stored.bucket for each in slices):
        raise PermanentError("damaged", "The list of slices is damaged.")
    if len(slices) > MAX_ENTRIES or sum(each.size for each in slices) > MAX_UNPACKED_BYTES:
        raise _too_large()
    return slices
