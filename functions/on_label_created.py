"""A reviewer saved a label: export it, file and stamp it, and retrain if it was the last needed."""

import re
from typing import Final

from google.events.cloud.firestore import DocumentEventData
from google.protobuf.message import DecodeError

from discai.cloud import paths
from discai.cloud.database import Snapshot
from discai.cloud.filing import FilingOrders
from discai.cloud.labels import LabelRepository
from discai.cloud.studies import StudyRepository
from discai.errors import PermanentError
from functions.events import MALFORMED_EVENT
from functions.retraining import Retraining

_LABEL: Final = re.compile(
    r"projects/[^/]+/databases/[^/]+/documents/"
    + paths.label("(?P<scan>[^/]+)", "(?P<label>[^/]+)")
)


def on_label_created(
    data: bytes,
    labels: LabelRepository,
    studies: StudyRepository,
    filing: FilingOrders,
    retraining: Retraining,
) -> None:
    """Each step may be repeated, come late or stop halfway: the event is delivered again.

    `data` is the event's protobuf, a `DocumentEventData`. Whatever has exported and stamped the
    label, who did may have died before it counted.
    """
    scan_id, label_id = _label(data)
    handle(scan_id, labels.label(scan_id, label_id), labels, studies, filing)
    retraining.on_label()


def handle(
    scan_id: str,
    label: Snapshot,
    labels: LabelRepository,
    studies: StudyRepository,
    filing: FilingOrders,
) -> bool:
    """Exports and stamps all labels of a scan, unless this one was among those that were.

    Its study has the answers, and they are on their way into the archive, before the stamp says
    that they are dealt with.

    Returns whether there was anything to do.
    """
    with labels.turn(scan_id):
        if labels.is_handled(scan_id, label):
            return False
        exported_until = labels.export(scan_id)
        studies.refresh_of(scan_id)
        filing.give(scan_id)
        labels.stamp(scan_id, exported_until)
    return True


def _label(data: bytes) -> tuple[str, str]:
    try:
        name = DocumentEventData.deserialize(data).value.name
    except (AttributeError, DecodeError, TypeError) as error:
        raise PermanentError(MALFORMED_EVENT, "The event is no Firestore event.") from error
    match = _LABEL.fullmatch(name)
    if match is None or not (
        paths.is_scan_id(match["scan"]) and paths.is_document_id(match["label"])
    ):
        raise PermanentError(MALFORMED_EVENT, "The event names no label.")
    return match["scan"], match["label"]
