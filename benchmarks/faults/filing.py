"""Verdicts on their way into an archive, while the worker that files them is killed."""

import io
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pydicom
from google.api_core.exceptions import GoogleAPIError
from pydicom.dataset import Dataset
from tqdm import tqdm

from benchmarks.faults.kinds import kill
from benchmarks.faults.ledger import PATIENCE_SECONDS, Balance
from benchmarks.faults.world import World
from discai.cloud import paths
from discai.records.filing import Filed, FilingOrder
from discai.records.keys import Keys
from infrastructure.local.parts import WORKER
from tests.support.filing import predecessor_of
from tests.support.orthanc import stored_files
from tests.support.scan_files import dicom_bytes, zip_bytes
from tests.support.studies.drawing import acquisition

#: Studies that take turns: a dead worker's lease holds one of them for some seconds.
_STUDIES: Final = 6
#: Making and storing results of a series takes about a second.
_LONGEST_SECONDS: Final = 1.5
#: Storing is a small part of that, so that it is waited for in some of the rounds.
_STORING_SHARE: Final = 0.5
_STORING_SECONDS: Final = 0.1
_LOOK_SECONDS: Final = 0.02
_POLL_SECONDS: Final = 1.0


@dataclass
class Outcome:
    """Kills of a campaign by what the worker was at, and what they cost."""

    kills: Counter[str]
    reports: int
    balance: Balance

    def __str__(self) -> str:
        when = ", ".join(f"{count} {moment}" for moment, count in sorted(self.kills.items()))
        return f"killed {self.kills.total()} times ({when}), {self.reports} reports: {self.balance}"


def filing_campaign(world: World, rounds: int) -> Outcome:
    """Saves so many verdicts on a few studies, and kills the worker while it files each."""
    scans = [_read(world, number) for number in range(_STUDIES)]
    kills: Counter[str] = Counter()
    for number in tqdm(range(rounds), unit="round"):
        scan_id = scans[number % _STUDIES]
        before = _order(world, scan_id)
        world.ledger.save_label(world.cloud, scan_id)
        kills[_kill_while_filing(world, scan_id, before)] += 1
    balance, reports = Balance(), 0
    for scan_id in scans:
        _wait_until_filed(world, scan_id)
    keys = Keys(world.cloud.plan.study_keys_secret.read_text(encoding="ascii"))
    found = [_parsed(file) for file in stored_files(world.cloud.plan).values()]
    for scan_id in scans:
        reports += _check(balance, world, scan_id, keys, found)
    return Outcome(kills, reports, balance)


def _read(world: World, number: int) -> str:
    """A study of one series that is read."""
    series = f"1.2.{number + 1}.1"
    datasets = acquisition(series=series)
    for place, dataset in enumerate(datasets):
        dataset.StudyInstanceUID, dataset.FrameOfReferenceUID = f"1.2.{number + 1}", f"{series}.9"
        dataset.SOPInstanceUID = f"{series}.{place + 1}"
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    path = Path(world.temporary) / f"{number}.zip"
    path.write_bytes(
        zip_bytes({f"{place}.dcm": dicom_bytes(each) for place, each in enumerate(datasets)})
    )
    scan_id = world.cloud.put(path, f"filing-{number}/study.zip")
    assert world.cloud.wait_for(scan_id)["status"] == "done"
    return scan_id


def _kill_while_filing(world: World, scan_id: str, before: FilingOrder | None) -> str:
    """Kill the worker some time after it began, or right after it began to store; when it was."""
    stores = world.random.random() < _STORING_SHARE
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (order := _order(world, scan_id)) or not (order.sending if stores else order.lease):
        if time.monotonic() > deadline:
            return "before it began"
        if order and order.due_at is None and before and order.asked_at > before.asked_at:
            break  # it was quicker than a look
        time.sleep(_LOOK_SECONDS)
    time.sleep(world.random.uniform(0, _STORING_SECONDS if stores else _LONGEST_SECONDS))
    order = _order(world, scan_id)
    kill(WORKER)(world, None)
    if order is None or order.due_at is None:
        return "after its end"
    return "while it stored" if order.sending else "while it made results, or noted them"


def _order(world: World, scan_id: str) -> FilingOrder | None:
    try:
        study = world.cloud.scan(scan_id)["study"]["studyKey"]
        found = world.cloud.firestore.document(paths.filing(study)).get().to_dict()
    except GoogleAPIError:
        return None
    return FilingOrder.from_document(found) if found else None


def _wait_until_filed(world: World, scan_id: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    labels = len(world.ledger.labels.get(scan_id, []))
    while time.monotonic() < deadline:
        order, scan = _order(world, scan_id), world.cloud.scan(scan_id)
        if order and order.due_at is None and (scan.get("labelCount") or 0) >= labels:
            return
        time.sleep(_POLL_SECONDS)


def _check(found: Balance, world: World, scan_id: str, keys: Keys, archive: list[Dataset]) -> int:
    """Holds what the archive has of a study against what is noted; the number of its reports."""
    order = _order(world, scan_id)
    if order is None or order.due_at is not None or order.sending:
        found.stuck.append(f"{scan_id}: {order}")
        return 0
    there = {keys.of_instance(str(each.SOPInstanceUID)): each for each in archive}
    noted = Counter(each.uid for each in order.filed)
    found.lost += [
        f"{scan_id}: {uid} is noted and not there" for uid in noted.keys() - there.keys()
    ]
    found.doubled += [f"{scan_id}: {uid} is noted twice" for uid, n in noted.items() if n > 1]
    study = {str(there[uid].StudyInstanceUID) for uid in noted.keys() & there.keys()}
    of_study = {uid: each for uid, each in there.items() if each.StudyInstanceUID in study}
    found.left_over += [
        f"{scan_id}: a {each.Modality} is there and not noted"
        for uid, each in of_study.items()
        if uid not in noted
    ]
    reports = [each for each in order.filed if each.kind == "SR"]
    _check_chain(found, scan_id, [there[each.uid] for each in reports if each.uid in there])
    _check_newest(found, world, scan_id, reports)
    return len(reports)


def _check_chain(found: Balance, scan_id: str, reports: list[Dataset]) -> None:
    """Each report names the one before."""
    uids = [str(each.SOPInstanceUID) for each in reports]
    named = [predecessor_of(each) for each in reports]
    if named != [None, *uids[:-1]]:
        found.lost.append(f"{scan_id}: the reports don't name the ones before")


def _check_newest(found: Balance, world: World, scan_id: str, reports: list[Filed]) -> None:
    labels = world.cloud.firestore.collection(paths.labels(scan_id)).order_by("createdAt").get()
    if labels and (not reports or reports[-1].label != labels[-1].id):
        found.lost.append(f"{scan_id}: the newest verdict is not filed")


def _parsed(file: bytes) -> Any:
    return pydicom.dcmread(io.BytesIO(file))
