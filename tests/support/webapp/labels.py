"""Labels that a page has saved."""

from typing import Any

from discai.cloud import paths
from tests.support.local_cloud import LocalCloud
from tests.support.waiting import wait_until


def labels_of(cloud: LocalCloud, scan_id: str) -> list[dict[str, Any]]:
    """All of a scan."""
    stored = cloud.firestore.collection(paths.labels(scan_id)).stream()
    return [label.to_dict() for label in stored]


def only_label(cloud: LocalCloud, scan_id: str) -> dict[str, Any]:
    """The one that a scan gets."""
    wait_until(lambda: len(labels_of(cloud, scan_id)) > 0)
    [label] = labels_of(cloud, scan_id)
    return label
