"""A reviewer saves a label in the browser: its file, its scan's stamp and the countdown follow."""

import json

import pytest
from google.cloud import firestore

from discai.anatomy import LEVELS
from discai.cloud import paths
from discai.records.yolo import parse_text
from tests.support.browser_firestore import Browser
from tests.support.waiting import wait_until


def wait_for(found, what: str):
    """What `found` returns, as soon as it is something."""
    wait_until(found, told=lambda: what)
    return found()


def corrected(prediction: dict) -> list[dict]:
    """The prediction's boxes on its key slice, L4-L5 herniated."""
    key = str(prediction["keySlice"])
    return [
        {**disc["boxes"][key], "level": disc["level"], "herniation": disc["level"] == "L4-L5"}
        for disc in prediction["discs"]
        if key in disc["boxes"] and disc["level"] in LEVELS
    ]


def test_a_saved_correction_comes_out_as_a_file_a_stamp_and_a_count(local_cloud, phantom_file):
    scan_id = local_cloud.put(phantom_file, "labels/corrected.mha")
    local_cloud.wait_for(scan_id, "done")
    (prediction,) = local_cloud.predictions(scan_id)
    boxes = corrected(prediction)
    counted = local_cloud.firestore.document(paths.RETRAINING).get().to_dict() or {}
    reviewer_account = json.loads(local_cloud.plan.users.read_text(encoding="utf-8"))[0]
    address = local_cloud.plan.address("firestore")
    reviewer = Browser(address, local_cloud.project, local_cloud.sign_in())
    label = {
        "kind": "correction",
        "slices": {str(prediction["keySlice"]): boxes},
        "author": reviewer_account["uid"],
        "authorEmail": local_cloud.email,
        "modelVersion": prediction["modelVersion"],
    }
    assert reviewer.may_save(label, scan=scan_id)

    bucket = local_cloud.storage.bucket(local_cloud.environment["RESULTS_BUCKET"])
    name = f"user_corrected_labels/overlay_{scan_id}.txt"
    blob = wait_for(lambda: bucket.get_blob(name), "the file of the label")
    size = prediction["sliceWidth"], prediction["sliceHeight"]
    written = parse_text(blob.download_as_text(), "correction", *size)
    assert [(box.level, box.herniation) for box in written] == [
        (box["level"], box["herniation"]) for box in boxes
    ]
    assert [box.x for box in written] == pytest.approx([box["x"] for box in boxes], abs=1e-2)

    scan = local_cloud.wait_for_change(scan_id, lambda scan: scan["labelCount"] == 1)
    saved = local_cloud.firestore.collection(paths.labels(scan_id)).get()[0].to_dict()
    assert scan["lastLabelAt"] == saved["createdAt"]
    assert (scan["labelKind"], scan["labelledBy"]) == ("correction", [local_cloud.email])
    by_label = firestore.FieldFilter("kind", "==", "corrected")
    events = local_cloud.firestore.collection(paths.events(scan_id)).where(filter=by_label)
    assert [event.get("by") for event in events.stream()] == [local_cloud.email]

    control = local_cloud.firestore.document(paths.RETRAINING)
    wait_for(lambda: control.get().get("count") > counted.get("count", 0), "the count")
    assert control.get().get("threshold") == 3
