"""Maker and moment of a result, as its header says them."""

from datetime import datetime
from importlib.metadata import version
from typing import Any

from pydicom.dataset import Dataset

from discai.export.answer import MAKER, Answer


def equipment(answer: Answer, at: datetime) -> dict[str, Any]:
    """Arguments of highdicom's classes on who made a result, and that it is of that moment."""
    return {
        "manufacturer": MAKER,
        "manufacturer_model_name": MAKER,
        "software_versions": [version("discai"), answer.reading.model_version],
        "device_serial_number": answer.reading.model_version,
        "content_date": at.date(),
        "content_time": at.time().replace(tzinfo=None),
    }


def stamp(result: Dataset, at: datetime) -> None:
    """Gives a result the moment of its answer: the same answer is then the same bytes."""
    result.InstanceCreationDate = at.strftime("%Y%m%d")
    result.InstanceCreationTime = at.strftime("%H%M%S")
    for library in result.get("ContributingEquipmentSequence", ()):
        library.ContributionDateTime = at.strftime("%Y%m%d%H%M%S")
