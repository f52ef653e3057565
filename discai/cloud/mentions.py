"""Files of the retraining pipeline that tell of many scans, and what stays of them without one."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

#: Patterns of tables of datasets and of what reviewers had said, in the pipeline's bucket.
TABLES: Final = ("datasets/*/*.csv", "runs/**/labels")
TABLE_ENDS: Final = (".csv", "/labels")

_OF_LINES: Final = (".csv", ".log", ".txt")
_SNAPSHOT: Final = "labels"


def without(scan_id: str, text: str, *, is_table: bool) -> str:
    """A table without the scan's rows, or a snapshot of a run without the scan.

    The snapshot is `pipeline.retraining.snapshot.Snapshot`.
    """
    if is_table:
        return "".join(line for line in text.splitlines(keepends=True) if scan_id not in line)
    snapshot = json.loads(text)
    for part in snapshot.keys() & {"scans", "refused"}:
        snapshot[part] = [each for each in snapshot[part] if each["scan_id"] != scan_id]
    return json.dumps(snapshot)


def remove_from_jobs(scan_id: str, jobs: Path) -> Iterator[str]:
    """Removes what the local Vertex AI's folder of jobs holds of a scan, and names each.

    Whatever is called by the scan goes as a whole. Tables, logs and snapshots lose what they say of
    it; any other file with its id in it goes, but for the jobs' own, by which they are known.
    """
    for path in sorted(jobs.rglob(f"*{scan_id}*")):
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.is_dir():
            shutil.rmtree(path)
        else:
            continue  # it went with its folder
        yield str(path)
    for path in sorted(jobs.rglob("*")):
        if path.is_symlink() or not path.is_file() or path.match(f"{jobs}/*.json"):
            continue
        content = path.read_bytes()
        if scan_id.encode() in content:
            yield _remove_mention(scan_id, path, content.decode(errors="replace"))


def _remove_mention(scan_id: str, path: Path, text: str) -> str:
    is_table = path.suffix in _OF_LINES
    if not is_table and path.name != _SNAPSHOT:
        path.unlink()
        return str(path)
    path.write_text(without(scan_id, text, is_table=is_table), encoding="utf-8")
    return f"{path}: what it said of the scan"
