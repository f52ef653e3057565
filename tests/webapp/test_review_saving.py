"""Saving labels: accepted, refused, without a network, without room."""

from collections.abc import Callable

from discai.cloud import paths
from tests.support.local_cloud import LocalCloud
from tests.support.webapp.driver import App
from tests.support.webapp.labels import labels_of, only_label
from tests.support.webapp.reviewing import OpenScan


def test_what_is_saved_without_a_network_arrives_once_when_it_is_back(
    app: App, open_scan: OpenScan, local_cloud: LocalCloud
) -> None:
    scan_id = open_scan("offline.mha")
    app.lose_network()
    app.select_box("L1-L2")
    app.press("h", "s")
    app.delivery_says("offline.mha", "waiting for the network")
    assert labels_of(local_cloud, scan_id) == []
    app.normal_network()
    app.delivery_says("offline.mha", "saved ✓")
    assert only_label(local_cloud, scan_id)["kind"] == "correction"


def test_what_waits_for_the_network_survives_a_reload(
    app: App, open_scan: OpenScan, local_cloud: LocalCloud
) -> None:
    scan_id = open_scan("offline-reload.mha")
    app.lose_network()
    app.press("a")
    app.delivery_says("offline-reload.mha", "waiting for the network")
    app.page.goto("about:blank")
    app.normal_network()
    app.open()
    app.delivery_says("offline-reload.mha", "saved ✓")
    assert only_label(local_cloud, scan_id)["kind"] == "acceptance"


def test_a_full_storage_keeps_no_label_from_being_saved(
    app: App, open_scan: OpenScan, local_cloud: LocalCloud
) -> None:
    scan_id = open_scan("full.mha")
    app.fill_storage()
    app.lose_network()
    app.select_box("L1-L2")
    app.press("h")
    app.draft_says("can't be kept on this computer")
    app.press("s")
    app.delivery_says("full.mha", "Not kept here: leave this page open")
    app.page.once("dialog", lambda question: question.dismiss())
    with app.page.expect_event("dialog"):
        app.page.close(run_before_unload=True)
    app.normal_network()
    app.delivery_says("full.mha", "saved ✓")
    assert only_label(local_cloud, scan_id)["kind"] == "correction"


def test_predictions_are_accepted_by_a_key_and_the_next_scan_opens(
    app: App, open_scan: OpenScan, another_scan: Callable[..., str], local_cloud: LocalCloud
) -> None:
    another_scan("the-next-one.mha")
    scan_id = open_scan("accept-me.mha")
    [prediction] = local_cloud.predictions(scan_id)
    app.press("a")
    app.page.wait_for_url(lambda url: scan_id not in url)
    app.wait_for_discs()
    label = only_label(local_cloud, scan_id)
    assert label["kind"] == "acceptance"
    for box in label["slices"][str(prediction["keySlice"])]:
        [disc] = [disc for disc in prediction["discs"] if disc["level"] == box["level"]]
        assert box["herniation"] == (disc["herniation"] >= prediction["herniationThreshold"])
    app.open(f"/scans/{scan_id}")
    app.wait_for_discs()
    app.wait_until_labels_may_be_saved()
    app.press("a")
    app.editor_says("not saved twice")


def test_the_longest_name_leaves_the_footer_in_the_window(app: App, open_scan: OpenScan) -> None:
    name = "x" * 180 + ".mha"
    open_scan(name)
    footer = app.footer_size()
    app.press("a")
    app.delivery_says(name, "saved ✓")
    assert app.footer_size() == footer


def test_saving_nothing_is_refused_in_words(app: App, open_scan: OpenScan) -> None:
    open_scan("untouched.mha")
    app.save_corrections()
    app.editor_says("Nothing was corrected")
    app.select_box("L1-L2")
    app.press("h")
    app.accept_predictions()
    app.editor_says("You have changed boxes")
    assert app.editor_lines() <= 2


def test_a_refused_label_is_kept_and_says_why(
    app: App, another_scan: Callable[..., str], local_cloud: LocalCloud
) -> None:
    scan_id = another_scan("refused.mha")
    [content] = local_cloud.predictions(scan_id)
    predictions = local_cloud.firestore.collection(paths.predictions(scan_id))
    # The rules want a label to be about a prediction that there is, under its own name.
    predictions.document("misplaced").set(content)
    app.open(f"/scans/{scan_id}")
    app.wait_for_discs()
    app.wait_until_labels_may_be_saved()
    predictions.document(content["modelVersion"]).delete()
    app.select_box("L1-L2")
    app.press("h", "s")
    app.delivery_says("refused.mha", "not saved. The database refused it")
    app.answer_delivery("Give up")
    app.delivery_says("refused.mha", "Your corrections can't be brought back")
    app.answer_delivery("Keep")
    predictions.document(content["modelVersion"]).set(content)
    app.try_to_save_again()
    app.delivery_says("refused.mha", "saved ✓")
    assert only_label(local_cloud, scan_id)["kind"] == "correction"
