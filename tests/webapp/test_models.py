"""The Models page: before there is anything to show, and with everything."""

import re
from collections.abc import Iterator

import pytest
from google.cloud.firestore import CollectionReference
from playwright.sync_api import expect

from discai.cloud import paths
from discai.records.models import ChangedAnswer, Reread
from discai.records.record import Failure
from tests.support.local_cloud import LocalCloud
from tests.support.webapp.accessibility import violations
from tests.support.webapp.driver import App

COMPARISON = re.compile("challenger against production", re.IGNORECASE)


@pytest.fixture
def administrator(local_cloud: LocalCloud) -> Iterator[None]:
    """The seeded account is an administrator while the test runs."""
    reviewer = local_cloud.firestore.document(paths.reviewer(local_cloud.email))
    before = reviewer.get().to_dict()
    reviewer.set({"role": "admin"})
    yield
    reviewer.set(before)


def test_without_data_the_page_says_what_will_come(
    app: App,
    local_cloud: LocalCloud,
    functions_stand_still: None,
    no_models: None,
    read_scan: str,
) -> None:
    app.open("/models")
    app.panel_says("Next retraining", "No label has been counted yet")
    version = local_cloud.scan(read_scan)["modelVersion"]
    app.panel_says("In production", f"{version} named by the newest reading")
    app.panel_says("In production", "came with the program")
    app.panel_says("Runs", "No retraining has run yet")
    app.panel_says(COMPARISON, "Nothing to compare yet")


def test_labels_count_down_live(
    app: App, local_cloud: LocalCloud, functions_stand_still: None, seeded_models: str
) -> None:
    app.open("/models")
    app.panel_says("Next retraining", "41 of 50 newly labelled scans")
    app.panel_says("Next retraining", "9 more labelled scans")
    local_cloud.firestore.document(paths.RETRAINING).update({"count": 42})
    app.panel_says("Next retraining", "42 of 50")
    assert app.was_never_reloaded()


def test_runs_say_what_they_do_and_why_they_ended(
    app: App, functions_stand_still: None, seeded_models: str
) -> None:
    app.open("/models")
    app.panel_says("Runs", "Run 3evaluating")
    app.panel_says("Runs", "Training ran out of memory. Its labels are not lost")
    app.panel_says("Runs", "Promoted: AUROC 0.87 against 0.83")
    runs = app.panel("Runs")
    runs.get_by_text("Which labels were refused, and what to do").click()
    app.panel_says("Runs", "The model outlines no disc where L4-L5 was drawn. Ask an engineer.")
    refused = runs.get_by_role("link", name="aaaaaaaa")
    expect(refused).to_have_attribute("href", re.compile("/scans/a{26}$"))
    expect(app.panel("Runs").get_by_role("link", name="Job")).to_have_attribute(
        "href", re.compile("^https://console.cloud.google.com")
    )


def test_numbers_stand_with_their_intervals_and_curves_are_drawn(
    app: App, seeded_models: str
) -> None:
    app.open("/models")
    app.panel_says("In production", "0.87 (0.80 to 0.94)")
    app.panel_says(COMPARISON, "+0.04 (+0.01 to +0.08), paired p = 0.021")
    app.panel_says(COMPARISON, "Siemens: 0.81 to 0.80, at most 0.03 worse allowed: held")
    plots = app.panel(COMPARISON).get_by_role("img")
    expect(plots).to_have_count(2)
    expect(plots.first).to_have_attribute(
        "aria-label", re.compile(r"production: AUROC 0.83 \(0.76 to 0.90\); challenger")
    )


def test_only_an_administrator_rolls_back(app: App, seeded_models: str) -> None:
    app.open("/models")
    app.panel_says("In production", "An administrator can roll back")
    expect(app.page.get_by_role("button", name="Roll back")).to_have_count(0)


def test_a_rollback_is_confirmed_and_stands_in_the_history(
    app: App, local_cloud: LocalCloud, seeded_models: str, administrator: None
) -> None:
    app.open("/models")
    app.page.get_by_role("button", name="Roll back …").click()
    app.answer(seeded_models)
    app.asks(f"New scans are then read by {seeded_models}")
    app.answer(f"Roll back to {seeded_models}")
    app.panel_says("In production", "Rolled back from seeded-better.")
    pointer = local_cloud.firestore.document(paths.PRODUCTION).get().to_dict()
    assert pointer["modelVersion"] == seeded_models
    assert pointer["history"][-1]["by"] == local_cloud.email


@pytest.fixture
def read_again(local_cloud: LocalCloud, seeded_models: str) -> Iterator[CollectionReference]:
    """What the seeded model in production reads again: nothing yet."""
    rereads = local_cloud.firestore.collection(paths.rereads("seeded-better"))
    yield rereads
    local_cloud.firestore.recursive_delete(rereads)


def test_scans_are_read_again_and_the_other_answers_listed_live(
    app: App, local_cloud: LocalCloud, read_scan: str, read_again: CollectionReference,
    administrator: None,
) -> None:  # fmt: skip
    app.open("/models")
    app.panel_says("Read again", "seeded-better has read new scans only.")
    app.page.get_by_label("Newest scans that seeded-better").fill("5")
    app.press("Enter")
    app.panel_says("Read again", "0 of 1 scan read again, 1 waiting")
    expect(app.panel("Read again").get_by_role("progressbar")).to_have_attribute("value", "0")

    # No worker can load the seeded model, so the test does what one would.
    change = ChangedAnswer(
        level_before="L4-L5",
        level_after="L4-L5",
        before=0.62,
        after=0.18,
        herniated_before=True,
        herniated_after=False,
    )
    waiting = Reread.from_document(read_again.document(read_scan).get().to_dict())
    assert waiting.asked_by == local_cloud.email
    read = waiting.model_copy(
        update={"state": "read", "changes": [change], "compared_with": "m1", "largest_shift": 0.04}
    )
    gone = Failure(code="object-gone", message="The file was deleted.")
    failed = waiting.model_copy(
        update={"state": "failed", "error": gone, "object_name": "x/gone.mha", "scan_id": "s2"}
    )
    read_again.document(read_scan).set(read.to_document())
    read_again.document("s2").set(failed.to_document())
    app.panel_says("Read again", "1 of 2 scans read again, 1 could not be read")
    app.panel_says(
        "Read again", "1 with a changed answer; other probabilities moved by at most 0.04"
    )
    app.panel_says("Read again", "L4-L5 0.62 → 0.18, no longer LDH")
    app.panel_says("Read again", "gone.mhaThe file was deleted.")
    assert violations(app) == []
    app.panel("Read again").get_by_role("link", name="read-before.mha").click()
    app.wait_for_discs()
    assert app.was_never_reloaded()


def test_who_is_no_administrator_sees_the_answers_and_can_not_ask(
    app: App, read_again: CollectionReference
) -> None:
    app.open("/models")
    app.panel_says("Read again", "An administrator can have earlier scans read again")
    expect(app.panel("Read again").get_by_role("button")).to_have_count(0)
