"""Whole folders of files to Cloud Storage and back, several at a time."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from google.api_core.exceptions import PreconditionFailed
from google.cloud.storage import transfer_manager

from discai.cloud.retrying import retryable

_PARALLEL: Final = 8


def upload_folder(bucket: Any, prefix: str, folder: Path) -> None:
    """Uploads all files of a folder under a prefix; those that are there already are left alone.

    The deepest come first: whoever finds a table finds the files beneath that it names. `bucket`
    is a `google.cloud.storage.Bucket`.
    """
    paths = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    for depth in sorted({len(path.parts) for path in paths}, reverse=True):
        names = [str(path) for path in paths if len(path.parts) == depth]
        with retryable("Cloud Storage"):
            _raise_first(
                transfer_manager.upload_many_from_filenames(
                    bucket,
                    names,
                    source_directory=str(folder),
                    blob_name_prefix=prefix,
                    skip_if_exists=True,
                    worker_type=transfer_manager.THREAD,
                    max_workers=_PARALLEL,
                )
            )


def download_folder(bucket: Any, prefix: str, folder: Path) -> None:
    """Downloads all objects under a prefix into a folder."""
    with retryable("Cloud Storage"):
        names = [blob.name.removeprefix(prefix) for blob in bucket.list_blobs(prefix=prefix)]
        _raise_first(
            transfer_manager.download_many_to_path(
                bucket,
                names,
                destination_directory=str(folder),
                blob_name_prefix=prefix,
                worker_type=transfer_manager.THREAD,
                max_workers=_PARALLEL,
            )
        )


def _raise_first(results: Sequence[Any]) -> None:
    for result in results:
        # What is there already is left alone, and is no failure.
        if isinstance(result, Exception) and not isinstance(result, PreconditionFailed):
            raise result
