"""One table of the discs of many results: what `discai predict --statistics` writes."""

import csv
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from discai.pictures.output import DISCS_FILE
from discai.pictures.quantities import COLUMNS


def write_statistics(file: Path, out: Path, results: Iterable[Path]) -> None:
    """Joins the `discs.csv` of results below `out` in one file, which appears when it is whole.

    Its first column names the result's folder within `out`, such as `STUDY/1-t1`, so that no two
    scans have one name.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".discai-", dir=file.parent) as folder:
        draft = Path(folder, file.name)
        with draft.open("w", newline="", encoding="utf-8", errors="backslashreplace") as text:
            table = csv.DictWriter(text, COLUMNS, restval="", extrasaction="ignore")
            table.writeheader()
            for result in results:
                name = result.relative_to(out).as_posix()
                table.writerows({**row, "scan": name} for row in _rows(result / DISCS_FILE))
        draft.replace(file)


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as text:
        yield from csv.DictReader(text)
