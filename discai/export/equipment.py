"""Maker and moment of a result, as its header says them."""

from importlib.metadata import version
from typing import Any

from pydicom.dataset import Dataset

from discai.export.answer import MAKER, Answer


def equipment(answer: Answer) -> dict[str, Any]:
    """Arguments of highdicom's classes on who made a result, and when."""
    return {
        "manufacturer": MAKER,
        "manufacturer_model_name": MAKER,
        "software_versions": [version("discai"), answer.reading.model_version],
        "device_serial_number": answer.reading.model_version,
        "content_date": answer.made_at.date(),
        "content_time": answer.made_at.time().replace(tzinfo=None),
    }


def stamp(result: Dataset, answer: Answer) -> None:
    """Gives a result the moment of its answer: the same answer is then the same bytes."""
    result.InstanceCreationDate = answer.made_at.strftime("%Y%m%d")
    result.InstanceCreationTime = answer.made_at.strftime("%H%M%S")
    for library in result.get("ContributingEquipmentSequence", ()):
        library.ContributionDateTime = answer.made_at.strftime("%Y%m%d%H%M%S")
