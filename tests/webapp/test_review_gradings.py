"""Gradings of discs beside herniation: the model's shown, a reviewer's set, kept and saved."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from discai.cloud import paths
from tests.support.checkout import ROOT
from tests.support.local_cloud import LocalCloud
from tests.support.waiting import wait_until
from tests.support.webapp.driver import App
from tests.support.webapp.labels import labels_of, only_label

PICTURES = ROOT / ".local" / "screenshots"
GRADINGS: dict[str, Any] = {
    "pfirrmann": {"grade": 4, "probabilities": [0.01, 0.04, 0.25, 0.6, 0.1]},
    "narrowing": {"probability": 0.83, "present": True},
    "bulging": {"probability": 0.4, "present": True},
    "spondylolisthesis": {"probability": 0.02, "present": False},
    "modic": {"probability": 0.1, "present": False},
}

OpenGraded = Callable[..., str]


@pytest.fixture
def open_graded(app: App, another_scan: Callable[..., str], local_cloud: LocalCloud) -> OpenGraded:
    """Opens a scan of that name whose discs a model has graded, or not; gives its id."""

    def open_it(name: str, gradings: dict[str, Any] | None = GRADINGS) -> str:
        scan_id = another_scan(name)
        [prediction] = local_cloud.predictions(scan_id)
        prediction = deepcopy(prediction)
        for disc in prediction["discs"]:
            disc["gradings"] = gradings
        path = paths.prediction(scan_id, prediction["modelVersion"])
        local_cloud.firestore.document(path).set(prediction)
        return reopen(app, scan_id)

    return open_it


def reopen(app: App, scan_id: str) -> str:
    app.open(f"/scans/{scan_id}")
    app.wait_for_discs()
    app.wait_until_labels_may_be_saved()
    return scan_id


def test_a_changed_grading_is_saved_and_there_again(
    app: App, open_graded: OpenGraded, local_cloud: LocalCloud
) -> None:
    scan_id = open_graded("graded.mha")
    app.gradings_say("Select a disc")
    app.click_disc("L4-L5")
    app.models_grading_is("Pfirrmann", "4")
    app.grading_is("Pfirrmann", None, "model's")
    app.models_grading_is("Modic", "no")
    app.grade("Pfirrmann", "3")
    app.grading_is("Pfirrmann", "3", "changed")
    app.grade("Narrowed", "yes")
    app.grading_is("Narrowed", "yes", "✓ yours")
    app.grade("Bulging", "no")
    app.press("Control+z")
    app.grading_is("Bulging", None, "model's")
    app.draft_says("gradings")
    reopen(app, scan_id)  # as after a crash
    app.click_disc("L4-L5")
    app.grading_is("Pfirrmann", "3", "changed")
    app.press("Control+Shift+z")
    app.grading_is("Bulging", "no", "changed")
    app.grade("Bulging", "no")  # once more
    app.grading_is("Bulging", None, "model's")
    app.press("s")
    app.delivery_says("graded.mha", "saved ✓")
    label = only_label(local_cloud, scan_id)
    assert label["kind"] == "correction"
    assert label["gradings"] == {"L4-L5": {"pfirrmann": 3, "narrowing": True}}
    reopen(app, scan_id)
    app.click_disc("L4-L5")
    app.grading_is("Pfirrmann", "3", "changed")
    app.grading_is("Narrowed", "yes", "✓ yours")
    app.grading_is("Modic", None, "model's")
    app.click_disc("L5-S1")
    app.grading_is("Pfirrmann", None, "model's")
    said = [line for line in app.open_report().splitlines() if "L4-L5: " in line]
    assert said[0].startswith("[not confirmed] L4-L5: ")
    assert "Bulging, by the model." in said[0]
    assert said[1] == "L4-L5: Pfirrmann grade 3, narrowed."


def test_gradings_are_confirmed_by_keys_and_accepted(
    app: App, open_graded: OpenGraded, local_cloud: LocalCloud
) -> None:
    scan_id = open_graded("by-keys.mha")
    app.press("e")
    app.editor_says("Select a box first")
    app.click_disc("L5-S1")
    app.press("e")
    assert app.focused_answer() == "4: the model's answer, p 0.60"
    app.press("Space", "Tab", "Tab")  # grade 5, then the first answer of the next grading
    app.press("Enter")
    app.grading_is("Pfirrmann", "4", "✓ yours")
    app.grading_is("Narrowed", "yes", "✓ yours")
    app.saving_says("None judged yet: 5 answers would be saved unseen. 2 gradings are yours.")
    app.press("s")
    app.editor_says("Press A if the model is right")
    app.press("a")
    wait_until(lambda: labels_of(local_cloud, scan_id))
    label = only_label(local_cloud, scan_id)
    assert label["kind"] == "acceptance"
    assert label["gradings"] == {"L5-S1": {"pfirrmann": 4, "narrowing": True}}


def test_a_model_without_gradings_says_so_and_a_reviewer_still_sets_them(
    app: App, open_graded: OpenGraded, local_cloud: LocalCloud
) -> None:
    scan_id = open_graded("ungraded.mha", None)
    app.click_disc("L4-L5")
    app.gradings_say("This model gives none.")
    app.grade("Slip", "no")
    app.grading_is("Slip", "no", "set")
    app.press("s")
    app.delivery_says("ungraded.mha", "saved ✓")
    assert only_label(local_cloud, scan_id)["gradings"] == {"L4-L5": {"spondylolisthesis": False}}


def test_readers_see_where_their_gradings_differ(
    app: App, colleague: App, open_graded: OpenGraded
) -> None:
    scan_id = open_graded("compared.mha")
    reopen(colleague, scan_id)
    colleague.click_disc("L4-L5")
    colleague.grade("Pfirrmann", "2")
    colleague.press("s")
    colleague.delivery_says("compared.mha", "saved ✓")
    app.click_disc("L4-L5")
    app.grade("Pfirrmann", "3")
    app.readers_say("L4-L5 you: Pfirrmann grade 3 · they: Pfirrmann grade 2")


@pytest.mark.parametrize("width", [1360, 700])
def test_the_panel_fits_its_place(
    new_app: Callable[..., App], open_graded: OpenGraded, width: int
) -> None:
    scan_id = open_graded(f"fits-{width}.mha")
    app = new_app(viewport={"width": width, "height": 820}, color_scheme="dark")
    app.open().continue_as_demo_user()
    reopen(app, scan_id)
    app.click_disc("L4-L5")
    app.grade("Pfirrmann", "3")
    app.grade("Narrowed", "yes")
    app.press("e")
    app.page.screenshot(path=PICTURES / f"gradings-{width}.png")
    cut_off = app.page.evaluate(
        """[...document.querySelectorAll('.gradings button, .gradings span')]
            .filter((each) => each.scrollWidth > each.clientWidth + 1).length"""
    )
    assert cut_off == 0
    assert app.gradings_height() < 260  # each grading's answers in one row
