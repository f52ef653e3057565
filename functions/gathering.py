"""Loose slices, as `gsutil cp -r` of a study brings them: one scan a series, once it is quiet."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from discai.cloud import paths
from discai.cloud.documents import Stored
from discai.cloud.gathers import GatherRepository
from discai.cloud.objects import ObjectStore, StoredFile
from discai.errors import RetryableError
from discai.records.keys import Identity, Keys
from discai.records.scans import StoredObject
from discai.records.slices import Gather, LooseSlice, SliceList
from functions.dicom_head import HEAD_BYTES, head_of

logger = logging.getLogger(__name__)

#: A series is whole when nothing of it has come for so long.
QUIET: Final = timedelta(seconds=20)
MOST_GATHERS: Final = 200

_NAMELESS: Final = "Loose slices"
_ARCHIVED: Final = "From the archive"


class NoSecretError(RetryableError):
    """A slice can't be taken before an engineer sets the secret."""

    def __init__(self) -> None:
        super().__init__(
            "no-secret",
            "A loose slice waits until STUDY_KEYS_SECRET is set: apply Terraform with this image.",
        )


@dataclass(frozen=True)
class Gathering:
    """Takes slices as they come, and makes a list of those of a series, which is read as a scan.

    Each list is an object of its own, numbered, and never replaced: a late slice makes the next.

    Attributes:
        keys: under the project's secret; None where that is not set.
    """

    gathers: GatherRepository
    objects: ObjectStore
    keys: Keys | None

    def has(self, slice_id: str) -> bool:
        """Tell if an object, by the id that it would have as a scan, was taken as a slice."""
        return self.gathers.has(slice_id)

    def take(self, uploaded: StoredObject) -> bool:
        """Takes an object that is a slice of a series, or belongs to one; False: it is a scan.

        Raises `NoSecretError` for a slice where there are no keys.
        """
        head = head_of(self.objects.read_head(uploaded, HEAD_BYTES)) if uploaded.size else None
        if head is None or head.frames > 1:
            return False
        folder = paths.slice_folder(uploaded.name)
        if self.keys is None:
            raise NoSecretError
        key = self.keys.of_slices(uploaded.bucket, folder, head.series)
        study = self.keys.of(Identity(study=head.study), uploaded) if head.study else None
        study_key = study.study_key if study else None
        self.gathers.add(key, folder, uploaded, is_image=head.is_image, study_key=study_key)
        return True

    def lists_beside(self, slice_list: StoredObject) -> dict[str, StoredFile]:
        """All lists of the series of one of them, by name."""
        folder = slice_list.name.rpartition("/")[0]
        return self.objects.list_files(slice_list.bucket, f"{folder}/")

    def close_quiet(self) -> None:
        """Lists the slices of each series that is quiet; one that fails is left to the next call.

        May be stopped anywhere, and go on twice at a time.
        """
        for key, gather in self.gathers.unfinished(MOST_GATHERS):
            try:
                self._close(key, gather)
            except RetryableError as error:
                logger.warning("slices left: %s", error.message, extra={"gather": key})

    def close_whole(self, key: str) -> None:
        """Lists the slices of a series at once, without waiting for quiet, if it is whole.

        It is called after each slice and after it was noted how many are expected: whichever comes
        last sees the others.
        """
        gather = self.gathers.get(key)
        if gather is None or gather.record.state == "closed" or gather.record.expected is None:
            return
        if len(_newest(self.gathers.slices(key))) >= gather.record.expected:
            self._list(key, gather)

    def _close(self, key: str, gather: Stored[Gather]) -> None:
        if gather.record.state == "closing" or self._is_quiet(key, gather):
            self._list(key, gather)

    def _list(self, key: str, gather: Stored[Gather]) -> None:
        closing = self.gathers.begin_closing(key, gather)
        if closing is None:
            return
        bucket, folder = closing.record.bucket, closing.record.folder
        # Looked at before the slices: a list that another call writes meanwhile is in the way of
        # this one's, which may know fewer slices.
        lists = self.objects.list_files(bucket, paths.slice_lists(folder, key))
        slices = _newest(self.gathers.slices(key))
        if any(each.is_image for each in slices):
            data = _list_of(slices)
            number = max(map(paths.slice_list_number, lists), default=0)
            newest = lists.get(paths.slice_list(folder, key, number))
            if newest is None or not newest.holds(data):
                name = paths.slice_list(folder, key, number + 1)
                metadata = {"fileName": _named(folder)}
                if not self.objects.replace(bucket, name, data, "application/json", metadata, 0):
                    return
        if self.gathers.close(key, closing, len(slices)):
            logger.info("slices gathered", extra={"gather": key, "slices": len(slices)})

    def _is_quiet(self, key: str, gather: Stored[Gather]) -> bool:
        """Tell if nothing has come of late; notes how much has come until now."""
        slices = self.gathers.slices(key)
        newest = max([gather.record.opened_at, *(each.at for each in slices)])
        if newest <= datetime.now(UTC) - QUIET:
            return True
        if gather.record.slices != len(slices):
            self.gathers.count(key, gather, len(slices))
        return False


def _newest(slices: list[LooseSlice]) -> list[LooseSlice]:
    """The newest generation of each object: the others were replaced."""
    newest: dict[str, LooseSlice] = {}
    for each in sorted(slices, key=lambda each: each.object.generation):
        newest[each.object.name] = each
    return [newest[name] for name in sorted(newest)]


def _named(folder: str) -> str:
    return _ARCHIVED if folder == paths.ARCHIVE else paths.file_name_of(folder) or _NAMELESS


def _list_of(slices: list[LooseSlice]) -> bytes:
    listed = SliceList(slices=[each.object for each in slices])
    return listed.model_dump_json(by_alias=True).encode()
