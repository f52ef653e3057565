"""Several readers of one scan, several models, and the story of the case."""

import re
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from discai.cloud import paths
from infrastructure.local.plan import COLLEAGUE_EMAIL
from tests.support.local_cloud import LocalCloud
from tests.support.waiting import wait_until
from tests.support.webapp.driver import App


@pytest.fixture
def uploaded(local_cloud: LocalCloud, read_scan: str) -> datetime:
    """When `read_scan` came in: before it was read."""
    created_at: datetime = local_cloud.scan(read_scan)["createdAt"]
    return created_at


def open_scan(app: App, scan_id: str) -> None:
    app.open(f"/scans/{scan_id}")
    app.wait_for_discs()
    app.wait_until_labels_may_be_saved()


def test_two_readers_of_one_scan_keep_both_labels_and_see_where_they_differ(
    app: App,
    colleague: App,
    another_scan: Callable[..., str],
    local_cloud: LocalCloud,
    uploaded: datetime,
) -> None:
    scan_id = another_scan("two-readers.mha", createdAt=uploaded)
    open_scan(app, scan_id)
    open_scan(colleague, scan_id)
    levels = ("L2-L3", "L3-L4", "L4-L5", "L5-S1")
    app.confirm_discs(*levels)
    app.select_box("L1-L2")
    app.press("h", "s")
    app.delivery_says("two-readers.mha", "saved ✓")

    colleague.says("saved corrections while you had this scan open")
    colleague.says("Both labels stay")
    colleague.readers_say("you agree on 4 of 5 discs")
    colleague.readers_say("L1-L2 you: no LDH · they: LDH")
    counted = f"For training and label files the corrections of {local_cloud.email} count."
    colleague.readers_say(counted)
    colleague.readers_say("L1-L2 you: no LDH · counts: LDH")
    expect(colleague.ghosts()).to_have_count(0)
    colleague.press("g")
    expect(colleague.ghosts()).to_have_count(5)
    expect(colleague.ghosts().filter(has_text="L1-L2")).to_have_attribute("data-herniated", "true")
    colleague.confirm_discs("L1-L2", *levels)
    colleague.press("a")
    colleague.delivery_says("two-readers.mha", "saved ✓")

    labels = local_cloud.firestore.collection(paths.labels(scan_id))
    wait_until(lambda: len(labels.get()) == 2)
    assert {label.get("kind") for label in labels.get()} == {"correction", "acceptance"}
    open_scan(app, scan_id)
    app.readers_say("you agree on 4 of 5 discs")
    app.readers_say(counted)  # the later acceptance changes nothing about that
    app.timeline_says(
        "Uploaded by",
        "Read by",
        f"Corrected by {local_cloud.email}",
        f"Predictions accepted by {COLLEAGUE_EMAIL}",
    )


def test_agreement_is_counted_over_the_scans_on_the_worklist(
    app: App, another_scan: Callable[..., str], local_cloud: LocalCloud
) -> None:
    readers = ("anna@hospital.example", "ben@hospital.example")
    names = [f"both-read-{number}.mha" for number in range(4)]
    scan_ids = [another_scan(name, labelledBy=list(readers)) for name in names]
    for number, scan_id in enumerate(scan_ids):
        [prediction] = local_cloud.predictions(scan_id)
        for reader in readers:
            key_slice = str(prediction["keySlice"])
            boxes = [
                disc["boxes"][key_slice]
                | {
                    "level": disc["level"],
                    "herniation": disc["level"] == "L4-L5"
                    or (reader == readers[1] and number == 0 and disc["level"] == "L5-S1"),
                }
                for disc in prediction["discs"]
            ]
            label = {
                "kind": "correction",
                "slices": {key_slice: boxes},
                "author": reader,
                "authorEmail": reader,
                "createdAt": datetime.now(UTC),
                "modelVersion": prediction["modelVersion"],
            }
            local_cloud.firestore.collection(paths.labels(scan_id)).add(label)
    app.open()
    app.wait_for_row("both-read-3.mha")
    app.open_scan("both-read-3.mha")
    app.wait_for_discs()
    panel = app.open_agreement()
    expect(panel).to_contain_text(" · ".join(readers))
    # 20 discs, 19 agreed: (0.95 - (0.2 * 0.25 + 0.8 * 0.75)) / (1 - 0.65)
    expect(panel).to_contain_text("0.86")
    expect(panel).to_contain_text("19 of 20 discs, 4 scans")

    app.close_agreement()
    labels = local_cloud.firestore.collection(paths.labels(scan_ids[0]))
    labels.add(label | {"createdAt": datetime.now(UTC)})  # as Anna reads it
    expect(app.open_agreement()).to_contain_text("20 of 20 discs, 4 scans")


def test_a_second_models_reading_is_compared_and_a_draft_stays_with_its_own(
    app: App, another_scan: Callable[..., str], local_cloud: LocalCloud, uploaded: datetime
) -> None:
    scan_id = another_scan("read-again.mha", createdAt=uploaded)
    [first] = local_cloud.predictions(scan_id)
    second = deepcopy(first)
    second["modelVersion"] = "9999-01-01a"
    second["createdAt"] = datetime.now(UTC) + timedelta(seconds=1)
    for disc in second["discs"]:
        if disc["level"] == "L5-S1":
            disc["herniation"] = 0.91
        if disc["level"] == "L2-L3":
            disc["herniation"] = second["herniationThreshold"]
    second["warnings"] = ["Six lumbar discs?"]
    document = local_cloud.firestore.document(paths.scan(scan_id))
    predictions = local_cloud.firestore.collection(paths.predictions(scan_id))
    run = {"kind": "used-in-run", "by": "pipeline", "message": "Used in retraining run 12"}
    events = local_cloud.firestore.collection(paths.events(scan_id))
    events.add(run | {"at": datetime.now(UTC)})
    reason = "The model outlines no disc where L1-L2 was drawn. Ask an engineer."
    refused = {"kind": "refused-in-run", "by": "run 13", "message": f"Not used in run 13\n{reason}"}
    events.add(refused | {"at": datetime.now(UTC)})
    open_scan(app, scan_id)
    app.select_box("L1-L2")
    app.press("h")
    predictions.document(second["modelVersion"]).set(second)
    document.update({"modelVersion": second["modelVersion"]})

    app.says("your draft is about this model's boxes")
    app.finding("L1-L2", "LDHedited")
    app.choose_model("9999-01-01a")
    app.says("Six lumbar discs?")
    app.finding("L5-S1", "LDH")
    app.finding("L2-L3", "LDH")
    app.doubt("L2-L3", "uncertain")
    app.box_says("L2-L3", "herniated, uncertain")
    app.finding("L1-L2", "no LDH")
    app.timeline_says("Uploaded by", "Read by", "Used in retraining run 12", "now LDH")
    app.timeline_says(f"Not used in run 13{reason}")  # one line, the reason below
    app.choose_model(first["modelVersion"])
    app.finding("L1-L2", "LDHedited")


def test_a_re_reading_that_takes_the_place_of_what_was_shown_is_told(
    app: App, another_scan: Callable[..., str], local_cloud: LocalCloud
) -> None:
    scan_id = another_scan("swapped.mha")
    [first] = local_cloud.predictions(scan_id)
    open_scan(app, scan_id)
    second = first | {"modelVersion": "9999-01-01a", "createdAt": datetime.now(UTC)}
    document = local_cloud.firestore.document(paths.scan(scan_id))
    predictions = local_cloud.firestore.collection(paths.predictions(scan_id))
    predictions.document("9999-01-01a").set(second)
    document.update({"modelVersion": "9999-01-01a"})
    app.says("9999-01-01a has read this scan meanwhile: its boxes are shown now")
    app.wait_for_picture()
    app.choose_model(first["modelVersion"])
    app.wait_for_picture()


def test_a_labelled_scan_that_was_read_again_opens_with_what_its_label_is_about(
    app: App, another_scan: Callable[..., str], local_cloud: LocalCloud, uploaded: datetime
) -> None:
    scan_id = another_scan("labelled.mha", createdAt=uploaded, labelKind="acceptance")
    [first] = local_cloud.predictions(scan_id)
    second = deepcopy(first) | {"modelVersion": "9999-01-01a", "createdAt": datetime.now(UTC)}
    second["discs"] = [disc for disc in second["discs"] if disc["level"] != "L1-L2"]
    predictions = local_cloud.firestore.collection(paths.predictions(scan_id))
    predictions.document("9999-01-01a").set(second)
    open_scan(app, scan_id)
    app.says("9999-01-01a has read this scan since")
    app.finding("L1-L2", re.compile("LDH"))
    app.choose_model("9999-01-01a")
    expect(app.page.locator(".discs tbody tr")).to_have_count(4)
    app.timeline_says("Uploaded by", "Read by", "L1-L2 no longer found")


def test_a_reader_who_judged_nothing_agrees_with_nobody(
    app: App, another_scan: Callable[..., str], local_cloud: LocalCloud, uploaded: datetime
) -> None:
    scan_id = another_scan("one-judged.mha", createdAt=uploaded)
    [prediction] = local_cloud.predictions(scan_id)
    key_slice = str(prediction["keySlice"])
    boxes = [
        disc["boxes"][key_slice]
        | {
            "level": disc["level"],
            "herniation": disc["herniation"] >= prediction["herniationThreshold"],
            "judged": "confirmed" if disc["level"] == "L5-S1" else "unseen",
        }
        for disc in prediction["discs"]
    ]
    label = {
        "kind": "acceptance",
        "slices": {key_slice: boxes},
        "author": "ben",
        "authorEmail": "ben@hospital.example",
        "createdAt": datetime.now(UTC),
        "modelVersion": prediction["modelVersion"],
    }
    local_cloud.firestore.collection(paths.labels(scan_id)).add(label)
    open_scan(app, scan_id)
    app.readers_say("you agree on the 1 disc. They left 4 discs as the model had them.")
