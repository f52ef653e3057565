"""Answer and doubt side by side, and whose answer it is that is saved."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from playwright.sync_api import expect

from discai.cloud import paths
from tests.support.local_cloud import LocalCloud
from tests.support.waiting import wait_until
from tests.support.webapp.driver import App
from tests.support.webapp.labels import labels_of, only_label

THRESHOLD = 0.234
#: Three sure answers, and two near the threshold: one on either side.
PROBABILITIES = {"L1-L2": 0.01, "L2-L3": 0.02, "L3-L4": 0.97, "L4-L5": 0.39, "L5-S1": 0.2}

OpenDoubtful = Callable[[str], str]


@pytest.fixture
def open_doubtful(
    app: App, another_scan: Callable[..., str], local_cloud: LocalCloud
) -> OpenDoubtful:
    """Opens a scan of that name in which two discs are doubtful; gives its id."""

    def open_it(name: str) -> str:
        scan_id = another_scan(name)
        [prediction] = local_cloud.predictions(scan_id)
        prediction = deepcopy(prediction) | {"herniationThreshold": THRESHOLD}
        for disc in prediction["discs"]:
            disc["herniation"] = PROBABILITIES[disc["level"]]
        path = paths.prediction(scan_id, prediction["modelVersion"])
        local_cloud.firestore.document(path).set(prediction)
        return reopen(app, scan_id)

    return open_it


def reopen(app: App, scan_id: str) -> str:
    app.open(f"/scans/{scan_id}")
    app.wait_for_discs()
    app.wait_until_labels_may_be_saved()
    return scan_id


def said(label: dict[str, Any]) -> dict[str, tuple[bool, str]]:
    """The answer about each disc of the only slice of a label, and whose it is."""
    [boxes] = label["slices"].values()
    return {box["level"]: (box["herniation"], box["judged"]) for box in boxes}


def test_the_doubt_stands_beside_the_answer_and_the_threshold_is_shown(
    app: App, open_doubtful: OpenDoubtful
) -> None:
    open_doubtful("both.mha")
    app.finding("L4-L5", "LDH")
    app.doubt("L4-L5", "uncertain")
    app.finding("L5-S1", "no LDH")
    app.doubt("L5-S1", "uncertain")
    app.finding("L3-L4", "LDH")
    app.doubt("L3-L4", "")
    app.box_says("L4-L5", ", herniated, uncertain")
    app.box_says("L5-S1", ", not herniated, uncertain")
    expect(app.page.locator(".discs thead")).to_contain_text("p(LDH)≥ 0.23")
    app.says("LDH from 0.23 on")


def test_an_acceptance_asks_for_the_doubtful_discs_by_one_key_each(
    app: App, open_doubtful: OpenDoubtful, local_cloud: LocalCloud
) -> None:
    scan_id = open_doubtful("asked.mha")
    app.saving_says("None judged yet: 5 answers would be saved unseen.")
    app.press("a")
    app.is_asked_for("L4-L5")
    app.press("c")
    app.is_asked_for("L5-S1")
    app.saving_says("1 of 5 answers is yours, 4 would be saved unseen.")
    assert labels_of(local_cloud, scan_id) == []
    app.press("c")
    app.delivery_says("asked.mha", "saved ✓")
    label = only_label(local_cloud, scan_id)
    assert label["kind"] == "acceptance"
    assert said(label) == {
        "L1-L2": (False, "unseen"),
        "L2-L3": (False, "unseen"),
        "L3-L4": (True, "unseen"),
        "L4-L5": (True, "confirmed"),
        "L5-S1": (False, "confirmed"),
    }
    reopen(app, scan_id)
    app.doubt("L4-L5", "✓ yours")
    app.doubt("L3-L4", "")
    app.press("a")
    app.editor_says("not saved twice")


def test_a_doubtful_answer_that_is_changed_is_saved_as_a_correction_and_shown_as_the_readers(
    app: App, open_doubtful: OpenDoubtful, local_cloud: LocalCloud
) -> None:
    scan_id = open_doubtful("changed.mha")
    app.press("a")
    app.is_asked_for("L4-L5")
    app.press("Escape")
    app.is_asked_for_nothing()
    app.accept_predictions()
    app.is_asked_for("L4-L5")
    app.press("h")
    app.is_asked_for("L5-S1")
    app.page.get_by_role("button", name="Confirm: no LDH").click()
    app.editor_says("Press S to save your corrections")
    app.press("s")
    app.delivery_says("changed.mha", "saved ✓")
    label = only_label(local_cloud, scan_id)
    assert label["kind"] == "correction"
    assert said(label)["L4-L5"] == (False, "changed")
    assert said(label)["L5-S1"] == (False, "confirmed")
    reopen(app, scan_id)
    app.finding("L4-L5", "no LDHedited")
    app.doubt("L4-L5", "")
    app.doubt("L5-S1", "✓ yours")


def test_one_corrected_disc_makes_no_other_the_readers(
    app: App, open_doubtful: OpenDoubtful, local_cloud: LocalCloud
) -> None:
    scan_id = open_doubtful("one.mha")
    app.select_box("L1-L2")
    app.press("h", "s")
    app.delivery_says("one.mha", "saved ✓")
    assert said(only_label(local_cloud, scan_id)) == {
        "L1-L2": (True, "changed"),
        "L2-L3": (False, "unseen"),
        "L3-L4": (True, "unseen"),
        "L4-L5": (True, "unseen"),
        "L5-S1": (False, "unseen"),
    }
    reopen(app, scan_id)
    app.finding("L1-L2", "LDHedited")
    app.doubt("L4-L5", "uncertain")
    app.confirm_discs("L4-L5")
    app.press("s")
    wait_until(lambda: len(labels_of(local_cloud, scan_id)) == 2)
    newest = max(labels_of(local_cloud, scan_id), key=lambda label: label["createdAt"])
    assert said(newest)["L4-L5"] == (True, "confirmed")
    assert said(newest)["L1-L2"] == (True, "changed")
