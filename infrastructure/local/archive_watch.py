"""Notifications of the Healthcare API's DICOM store, for Orthanc: tells the topic what is stored.

`python -m infrastructure.local.archive_watch PLAN.json`, started by the launcher. Each file is told
of as the Healthcare API does it. An archive also knows when a series is whole, which the
Healthcare API doesn't say: then a message about the series follows. Names in messages are UIDs, and
no log has them.
"""

import base64
import json
import logging
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from discai.records.archive import SERIES_INSTANCES
from infrastructure.local.plan import Plan

TOPIC = "archive-instances"
POLL_SECONDS = 0.25
AWAY_SECONDS = 1.0
MOST_CHANGES = 500
#: What was told later may be lost when Pub/Sub ends, which keeps nothing: it is told once more.
SETTLED_SECONDS = 60.0

log = logging.getLogger("archive-watch")

Message = dict[str, Any]


class Watch:
    """Messages about files that an Orthanc has stored since it was last asked.

    Attributes:
        store: the resource name that the archive has in messages.
    """

    def __init__(self, archive: httpx.Client, store: str, file: Path) -> None:
        self.store = store
        self._archive = archive
        self._file = file
        self._series: dict[str, dict[str, str]] = {}
        self._settled = json.loads(file.read_text())["since"] if file.exists() else 0
        self._place = self._marked = self._settled
        self._marked_at = time.monotonic()

    def changes(self) -> tuple[list[Message], int]:
        """Messages of the next changes, and the place up to which these go."""
        page = self._get("/changes", since=self._place, limit=MOST_CHANGES)
        messages = [each for change in page["Changes"] for each in self._messages(change)]
        return messages, int(page["Last"])

    def told(self, place: int) -> None:
        """Goes on behind a place; after a restart behind one that was told a minute before."""
        self._place = place
        if time.monotonic() - self._marked_at < SETTLED_SECONDS:
            return
        if self._settled != self._marked:
            self._settled = self._marked
            new = self._file.with_suffix(".new")
            new.write_text(json.dumps({"since": self._settled}), encoding="utf-8")
            new.replace(self._file)
        self._marked, self._marked_at = place, time.monotonic()

    def begin_again(self) -> None:
        """Tells once more what was told of late, which may be lost."""
        self._place = self._settled

    def _messages(self, change: dict[str, Any]) -> Iterator[Message]:
        try:
            if change["ChangeType"] == "NewInstance":
                instance = self._get(change["Path"])
                names = self._names(instance["ParentSeries"])
                uid = instance["MainDicomTags"]["SOPInstanceUID"]
                attributes = {"action": "StoreInstances", "modality": names["modality"]}
                yield self._message(names, f"/instances/{uid}", attributes)
            elif change["ChangeType"] == "StableSeries":
                count = len(self._get(change["Path"])["Instances"])
                names = self._names(change["ID"])
                yield self._message(names, "", {SERIES_INSTANCES: str(count)})
        except httpx.HTTPStatusError as error:
            if error.response.status_code != httpx.codes.NOT_FOUND:
                raise
            log.info("deleted before it could be told of")

    def _names(self, key: str) -> dict[str, str]:
        """UIDs and modality of a series, by Orthanc's own key of it."""
        if key not in self._series:
            series = self._get(f"/series/{key}")
            study = self._get(f"/studies/{series['ParentStudy']}")
            self._series[key] = {
                "study": study["MainDicomTags"]["StudyInstanceUID"],
                "series": series["MainDicomTags"]["SeriesInstanceUID"],
                "modality": series["MainDicomTags"].get("Modality", ""),
            }
        return self._series[key]

    def _message(self, names: dict[str, str], rest: str, attributes: dict[str, str]) -> Message:
        series = f"studies/{names['study']}/series/{names['series']}"
        resource = f"{self.store}/dicomWeb/{series}{rest}"
        return {"data": base64.b64encode(resource.encode()).decode(), "attributes": attributes}

    def _get(self, path: str, **query: Any) -> Any:
        answer = self._archive.get(path, params=query)
        answer.raise_for_status()
        return answer.json()


def watch(plan: Plan) -> None:
    """Tells what is stored, until the process is ended; waits while anything is away."""
    topic = f"/v1/projects/{plan.project}/topics/{TOPIC}:publish"
    store = f"projects/{plan.project}/locations/local/datasets/local/dicomStores/orthanc"
    with (
        httpx.Client(base_url=plan.url("orthanc")) as archive,
        httpx.Client(base_url=plan.url("pubsub")) as pubsub,
    ):
        watching = Watch(archive, store, plan.orthanc / "watched.json")
        is_away = False
        while True:
            try:
                messages, place = watching.changes()
                if is_away or not messages:
                    pubsub.get("/").raise_for_status()
                if is_away:
                    is_away = False
                    watching.begin_again()
                    continue
                if messages:
                    pubsub.post(topic, json={"messages": messages}).raise_for_status()
                watching.told(place)
            except httpx.HTTPError as error:
                if not is_away:
                    log.warning("archive or Pub/Sub is away: %s", type(error).__name__)
                is_away = True
            if is_away:
                time.sleep(AWAY_SECONDS)
            elif not messages:
                time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(name)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    watch(Plan.load(Path(sys.argv[1])))
