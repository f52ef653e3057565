"""Whole studies, as archives and as loose slices, while who splits and gathers them is killed."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Literal

from google.api_core.exceptions import GoogleAPIError
from google.cloud import firestore
from tqdm import tqdm

from benchmarks.faults.kinds import kill
from benchmarks.faults.ledger import PATIENCE_SECONDS, Balance
from benchmarks.faults.world import World
from discai.cloud import paths
from discai.records.states import SCAN_ENDS
from infrastructure.local.parts import FUNCTIONS, WORKER
from tests.support.local_cloud import LocalCloud
from tests.support.scan_files import zip_bytes
from tests.support.studies.drawing import acquisition, named

AT_ONCE: Final = 20
#: So long after the first upload of a round kills go on: slices gather for 20 s and more.
ROUND_SECONDS: Final = 40.0
_PAUSES: Final = (1.0, 9.0)
_SEQUENCES: Final = ("T1", "T2")
_SLICES: Final = 3
_POLL_SECONDS: Final = 1.0


@dataclass(frozen=True)
class CopiedStudy:
    """A study of two series that was uploaded as one archive, or as files of their own."""

    number: int
    form: Literal["archive", "slices"]

    @property
    def folder(self) -> str:
        """The folder of the bucket that it lies in."""
        return f"study-{self.number:04d}"

    def objects(self) -> dict[str, bytes]:
        """All objects of its upload, by name."""
        datasets = [
            dataset
            for place, sequence in enumerate(_SEQUENCES, 1)
            for dataset in acquisition(sequence, count=_SLICES, series=f"1.2.{self.number}.{place}")
        ]
        for dataset in datasets:
            dataset.StudyInstanceUID = f"1.2.{self.number}"
        if self.form == "archive":
            return {f"{self.folder}/study.zip": zip_bytes(named(datasets))}
        return named(datasets, self.folder)


@dataclass
class Outcome:
    """Series of a campaign that ended, and faults that were done meanwhile."""

    studies: int
    kills: dict[str, int]
    readings: int
    balance: Balance

    def __str__(self) -> str:
        killed = ", ".join(f"{name} killed {count} times" for name, count in self.kills.items())
        series = self.studies * len(_SEQUENCES)
        again = self.readings - series
        return f"{series} series, {killed}, {again} read again for late slices: {self.balance}"


def study_campaign(world: World, count: int, asked_to_end: threading.Event) -> Outcome:
    """Copies so many studies, half of them as archives, some at once, and balances each."""
    kills = {WORKER: 0, FUNCTIONS: 0}
    studies = [
        CopiedStudy(number, "archive" if number % 2 else "slices") for number in range(count)
    ]
    balance, readings, done = Balance(), 0, 0
    with tqdm(total=count, unit="study") as progress, ThreadPoolExecutor(AT_ONCE) as pool:
        for first in range(0, count, AT_ONCE):
            if asked_to_end.is_set():
                break
            together = studies[first : first + AT_ONCE]
            uploads = [pool.submit(_upload, world, study) for study in together]
            _kill_for_a_while(world, kills)
            for upload in uploads:
                upload.result()
            for study in together:
                readings += _check(balance, world.cloud, study)
                progress.update()
                done += 1
    return Outcome(done, kills, readings, balance)


def _upload(world: World, study: CopiedStudy) -> None:
    """Puts its objects there, in any order; tools of Google try again as often."""
    objects = list(study.objects().items())
    world.random.shuffle(objects)
    bucket = world.cloud.storage.bucket(world.cloud.environment["UPLOADS_BUCKET"])
    for name, data in objects:
        bucket.blob(name).upload_from_string(data)


def _kill_for_a_while(world: World, kills: dict[str, int]) -> None:
    end = time.monotonic() + ROUND_SECONDS
    while time.monotonic() < end:
        time.sleep(world.random.uniform(*_PAUSES))
        part = world.random.choice(list(kills))
        if world.process(part) is not None:
            kill(part)(world, None)
            kills[part] += 1


def _check(found: Balance, cloud: LocalCloud, study: CopiedStudy) -> int:
    """Waits until all of a study has ended, and notes what is missing or too much.

    Returns how many readings its series had: one that was read before its last slice came has two.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (has_ended := _has_ended(cloud, study)) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    scans = _scans_of(cloud, study)
    if not has_ended:
        found.stuck.append(f"{study.folder} ({study.form}): {_told(scans)}")
        return len(_SEQUENCES)  # as far as anybody knows
    series = [scan for scan in scans if scan["status"] != "split"]
    newest = [scan for scan in series if scan["supersededBy"] is None]
    for sequence in _SEQUENCES:
        of_it = [scan for scan in newest if _is_read(scan, sequence)]
        if not of_it:
            found.lost.append(f"{study.folder} ({study.form}): {sequence} of {_told(scans)}")
        if len(of_it) > 1:
            found.doubled.append(f"{study.folder} ({study.form}): {len(of_it)} scans of {sequence}")
    if len(newest) > len(_SEQUENCES):
        found.doubled.append(f"{study.folder} ({study.form}): {_told(newest)}")
    return len(series)


def _has_ended(cloud: LocalCloud, study: CopiedStudy) -> bool:
    """Tell if nothing of it is under way: no scan, no series that gathers, and all are there."""
    scans = _asked(lambda: _scans_of(cloud, study)) or []
    gathers = cloud.firestore.collection(paths.GATHERS)
    of_it = gathers.where(filter=firestore.FieldFilter("folder", "==", study.folder))
    states = _asked(lambda: [each.get("state") for each in of_it.stream()])
    if states is None or any(state != "closed" for state in states):
        return False
    newest = [s for s in scans if s["supersededBy"] is None and s["status"] != "split"]
    has_all = len(newest) >= len(_SEQUENCES) and all(s["sliceCount"] == _SLICES for s in newest)
    return has_all and all(s["status"] in SCAN_ENDS and not s["lease"] for s in scans)


def _asked(question: Callable[[], list[Any]]) -> list[Any] | None:
    """The answer of a database that may be away for a moment: None then."""
    try:
        return question()
    except GoogleAPIError:
        return None


def _scans_of(cloud: LocalCloud, study: CopiedStudy) -> list[dict[str, Any]]:
    names = firestore.FieldFilter("object.name", ">=", f"{study.folder}/")
    ends = firestore.FieldFilter("object.name", "<", f"{study.folder}0")
    found = cloud.firestore.collection(paths.SCANS).where(filter=names).where(filter=ends)
    return [document.to_dict() or {} for document in found.stream()]


def _is_read(scan: dict[str, Any], sequence: str) -> bool:
    place = scan["study"] or {"series": {"sequence": None}}
    read = scan["status"], scan["sliceCount"], place["series"]["sequence"]
    return read == ("done", _SLICES, sequence)


def _told(scans: list[dict[str, Any]]) -> str:
    return ", ".join(f"{scan['object']['name']} {scan['status']}" for scan in scans) or "no scan"
