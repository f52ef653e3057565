"""Filed results of a scan that is to be forgotten: no worker adds any, and they are listed."""

from collections.abc import Iterator
from typing import Final

from discai.cloud import paths
from discai.cloud.database import Absent, Database, Delete, Write
from discai.cloud.documents import BusyError, Document, commit_as_seen
from discai.records.filing import FilingOrder
from discai.records.scans import ScanRecord
from discai.records.states import is_live

_FILED: Final = "A worker is filing results of this study; please try again in two minutes."
_CHANGING: Final = "The study's results are being filed right now."


def without_filer(scan: ScanRecord, database: Database) -> list[Write]:
    """Writes on condition that no worker files results of the scan's study, or begins to.

    Raises `RetryableError("busy")` while one does.
    """
    if scan.study is None:
        return []
    document = _order_of(scan.study.study_key, database)
    order = document.read()
    if order is None:
        return [Absent(document.path)]
    if is_live(order.record.lease):
        raise BusyError(_FILED)
    return [document.to_write(order, order.record.model_copy(update={"lease": None}))]


def remove_filed(scan_id: str, scan: ScanRecord, database: Database) -> Iterator[str]:
    """Removes what the order of a scan's study says of it, and lists what lies in the archive.

    Listed before it is removed: whoever is cut off lists it again.
    """
    if scan.study is None:
        return
    document = _order_of(scan.study.study_key, database)
    order = document.get()
    if order is None:
        return
    for each in order.filed:
        if each.of == scan_id:
            yield f"still in the archive: {each.kind} of {each.at:%Y-%m-%d %H:%M} UTC"

    def attempt() -> tuple[None, list[Write]]:
        seen = document.read()
        if seen is None:
            return None, []
        left = _without(scan_id, seen.record)
        if not left.series and not left.filed:
            return None, [Delete(document.path, seen.version)]
        return None, [document.to_write(seen, left)]

    commit_as_seen(database, attempt, _CHANGING)
    yield f"{document.path}: what it said of the scan"


def _without(scan_id: str, order: FilingOrder) -> FilingOrder:
    return order.model_copy(
        update={
            "series": {key: each for key, each in order.series.items() if key != scan_id},
            "sending": [each for each in order.sending if each.of != scan_id],
            "filed": [each for each in order.filed if each.of != scan_id],
        }
    )


def _order_of(study_key: str, database: Database) -> Document[FilingOrder]:
    return Document(database, paths.filing(study_key), FilingOrder)
