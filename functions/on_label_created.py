"""A reviewer saved a label: export it, stamp its scan, and retrain if it was the last needed."""

import re
from typing import Final

from google.events.cloud.firestore import DocumentEventData
from google.protobuf.message import DecodeError

from discai.cloud import paths
from discai.cloud.labels import LabelRepository
from discai.errors import PermanentError
from functions.retraining import Retraining

_LABEL: Final = re.compile(
    r"projects/[^/]+/databases/[^/]+/documents/" + paths.label("(?P<scan>[^/]+)", "[^/]+")
)


def on_label_created(data: bytes, labels: LabelRepository, retraining: Retraining) -> None:
    """Each step may be repeated, come late or stop halfway: the event is delivered again.

    `data` is the event's protobuf, a `DocumentEventData`.
    """
    scan_id = _labelled_scan(data)
    labels.export(scan_id)
    labels.stamp(scan_id)
    retraining.on_label()


def _labelled_scan(data: bytes) -> str:
    try:
        name = DocumentEventData.deserialize(data).value.name
    except (DecodeError, TypeError) as error:
        raise PermanentError("malformed-event", "The event is no Firestore event.") from error
    match = _LABEL.fullmatch(name)
    if match is None:
        raise PermanentError("malformed-event", "The event names no label.")
    return match["scan"]
