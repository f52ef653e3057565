"""Label documents of scans with many of them, of which each call reads only the new ones."""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from discai.cloud import paths
from discai.cloud.database import Database, Query, Snapshot, Where

#: With fewer labels a scan's are read again each time.
MANY: Final = 50
#: As many scans are remembered.
MOST_SCANS: Final = 16

_TICK: Final = timedelta(microseconds=1)


class KnownLabels:
    """Labels never change, so those of a busy scan are read once and kept in this process.

    What is newer than the newest of them is read, and the database counts all of them: if it has
    another number, one was removed, or one came late to be seen, and all are read again.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[str, dict[str, Snapshot]] = OrderedDict()
        self._lock = threading.Lock()

    def of_scan(self, scan_id: str) -> list[Snapshot]:
        """Every label document of a scan, as they are now."""
        everything = Query(paths.labels(scan_id))
        with self._lock:
            known = self._known.get(scan_id)
        found = self._with_newer(scan_id, known) if known else None
        if found is None or self._database.count(everything).count != len(found):
            found = {each.path: each for each in self._database.find(everything)}
        self._keep(scan_id, found)
        return list(found.values())

    def _with_newer(self, scan_id: str, known: dict[str, Snapshot]) -> dict[str, Snapshot] | None:
        moments = [(label.fields or {}).get("createdAt") for label in known.values()]
        newest = max((each for each in moments if isinstance(each, datetime)), default=None)
        if newest is None:
            return None
        newer = Where("createdAt", ">", newest - _TICK)  # others may be of the same moment
        found = self._database.find(Query(paths.labels(scan_id), newer))
        return known | {each.path: each for each in found}

    def _keep(self, scan_id: str, found: dict[str, Snapshot]) -> None:
        with self._lock:
            self._known.pop(scan_id, None)
            if len(found) >= MANY:
                self._known[scan_id] = found
            if len(self._known) > MOST_SCANS:
                self._known.popitem(last=False)
