"""The worklist: live, and with the keyboard alone."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import expect

from discai.anatomy import LEVELS
from discai.cloud import paths
from discai.records.record import Failure
from discai.records.scans import Progress
from tests.support.local_cloud import LocalCloud
from tests.support.waiting import wait_until
from tests.support.webapp.driver import App
from tests.support.webapp.seeds import GIVEN_UP, as_read, seeded_scan


def test_two_pages_see_the_same_scan_live(
    new_app: Callable[..., App], app: App, named: Callable[[str], Path]
) -> None:
    colleague = new_app().open().continue_as_demo_user()
    app.drop_scan(named("seen-by-both.mha"))
    for page in (app, colleague):
        page.wait_for_row("seen-by-both.mha", "done")
        assert all(level in page.glance("seen-by-both.mha") for level in LEVELS)
    assert colleague.was_never_reloaded()


def test_the_keyboard_walks_opens_and_comes_back(
    app: App, local_cloud: LocalCloud, read_scan: str, phantom_mha: Path
) -> None:
    local_cloud.wait_for(local_cloud.put(phantom_mha, "seeded/second.mha"))
    app.wait_for_row("second.mha", "done")
    names = app.rows()
    app.press("j", "ArrowDown")
    assert app.focused() == names[1]
    app.press("k")
    assert app.focused() == names[0]
    app.press("Enter")
    assert "/scans/" in app.page.url
    app.wait_for_discs()
    app.press("]")
    expect(app.page.get_by_role("heading", name=names[1])).to_be_visible()
    app.press("[")
    expect(app.page.get_by_role("heading", name=names[0])).to_be_visible()
    app.press("Alt+]")  # as a German Mac types it
    expect(app.page.get_by_role("heading", name=names[1])).to_be_visible()
    app.press_with_alt_gr("[")
    expect(app.page.get_by_role("heading", name=names[0])).to_be_visible()
    app.press("Escape")
    app.wait_for_row(names[0])
    assert app.focused() == names[0]


def test_the_back_button_works(app: App, read_scan: str) -> None:
    app.open_scan("read-before.mha")
    app.wait_for_discs()
    app.page.go_back()
    app.wait_for_row("read-before.mha")
    app.page.go_forward()
    app.wait_for_discs()
    assert app.was_never_reloaded()


def test_search_narrows_the_rows_and_says_when_none_is_left(app: App, read_scan: str) -> None:
    app.wait_for_row("read-before.mha")
    app.search("BEFORE")
    expect(app.page.locator("a.row-link")).to_have_count(1)
    app.page.keyboard.type(" nothing")
    app.says("No scan matches")
    app.page.get_by_role("button", name="Show all scans").click()
    app.wait_for_row("read-before.mha")


def test_a_failed_scan_can_be_tried_again(
    app: App, local_cloud: LocalCloud, truncated_mha: Path
) -> None:
    scan_id = local_cloud.put(truncated_mha, "seeded/fails.mha")
    app.wait_for_row("fails.mha", "failed")
    events = local_cloud.firestore.collection(paths.events(scan_id))
    before = len(events.get())
    app.row("fails.mha").get_by_role("button", name="Retry").click()
    wait_until(lambda: len(events.get()) >= 2 * before)  # the whole way once more
    app.wait_for_row("fails.mha", "failed")


def test_question_mark_lists_the_keys(app: App) -> None:
    app.press("?")
    expect(app.page.get_by_role("dialog", name="Keys")).to_contain_text("next slice")
    app.press("Escape")
    expect(app.page.get_by_role("dialog")).to_be_hidden()


def test_filters_narrow_the_rows_are_in_the_address_and_go_back(
    app: App, seed_scans: Callable[..., list[str]]
) -> None:
    seed_scans(
        seeded_scan("filter-sure.mha", **as_read(0.01, 0.02, 0.02, 0.02, 0.99)),
        seeded_scan("filter-doubtful.mha", 61, **as_read(0.01, 0.02, 0.02, 0.24, 0.01)),
        seeded_scan("filter-given-up.mha", 62, **GIVEN_UP),
        seeded_scan("filter-mine.mha", 63, uploaded_by=app.cloud.email),
    )
    app.open("/?find=filter")
    expect(app.page.locator("a.row-link")).to_have_text(
        [f"filter-{name}.mha" for name in ("sure", "doubtful", "given-up", "mine")]
    )
    # Near the threshold, and an answer all the same.
    assert "L4-L5: no LDH, uncertain, 0.24" in app.glance("filter-doubtful.mha")
    app.row_says("filter-doubtful.mha", "0.24 L4-L5 no LDH, uncertain")
    app.show("To review")
    expect(app.page.locator("a.row-link")).to_have_count(2)
    app.order_by("Uncertain first")
    expect(app.page.locator("a.row-link").first).to_have_text("filter-doubtful.mha")
    app.wait_for_address("/?show=review&sort=uncertain&find=filter")
    app.show("Dead-lettered")
    expect(app.page.locator("a.row-link")).to_have_text(["filter-given-up.mha"])
    app.show("Mine")
    expect(app.page.locator("a.row-link")).to_have_text(["filter-mine.mha"])
    app.page.go_back()
    expect(app.page.locator("a.row-link")).to_have_text(["filter-given-up.mha"])
    app.open(app.address())  # the address is enough for a colleague
    expect(app.page.locator("a.row-link")).to_have_text(["filter-given-up.mha"])


def test_a_search_finds_what_no_page_has_loaded(
    app: App, seed_scans: Callable[..., list[str]]
) -> None:
    crowd = (seeded_scan(f"crowd-{i}.mha", i / 100) for i in range(120))
    [key] = seed_scans(seeded_scan("needle-0042.mha", 10_000, uploaded_by="eve@clinic.org"))
    seed_scans(*crowd)
    app.open()
    expect(app.page.locator("a.row-link").first).to_be_visible()
    app.wait_for_no_row("needle-0042.mha")
    app.press("/")
    for typed in ("needle", "42", key[:9], "eve"):
        app.page.keyboard.type(typed)
        app.wait_for_row("needle-0042.mha")
        app.press("Control+a")
    app.page.keyboard.type("nothing-like-it")
    app.says("No scan matches")


def test_rows_under_the_pointer_stay_while_scans_arrive(
    app: App, read_scan: str, seed_scans: Callable[..., list[str]]
) -> None:
    app.wait_for_row("read-before.mha", "done")
    first = app.rows()[0]
    app.point_at(first)
    seed_scans(*(seeded_scan(f"arrives-{i}.mha", 0) for i in range(3)))
    app.wait_for_new_scans("3 new scans")
    assert app.rows()[0] == first
    app.press("n")
    app.wait_for_row("arrives-0.mha")
    seed_scans(seeded_scan("arrives-later.mha", 0))
    app.wait_for_new_scans("1 new scan")
    app.point_elsewhere()
    app.wait_for_row("arrives-later.mha")


def test_a_dead_letter_says_why_and_can_be_sent_again(
    app: App, local_cloud: LocalCloud, phantom_mha: Path
) -> None:
    scan_id = local_cloud.put(phantom_mha, "seeded/dead.mha")
    local_cloud.wait_for(scan_id, "done")
    document = local_cloud.firestore.document(paths.scan(scan_id))
    error = {"code": "gave-up", "message": "The reader was away."}
    document.update({"status": "dead", "attempt": 20, "error": error})
    app.show("Dead-lettered")
    app.row_says("dead.mha", "Given up. Tried 20 times. The reader was away.")
    app.row("dead.mha").get_by_role("button", name="Retry").click()
    assert local_cloud.wait_for(scan_id, "done")["error"] is None
    app.point_elsewhere()
    app.wait_for_no_row("dead.mha")


def test_dead_letters_of_one_reason_are_sent_again_together(
    app: App, seed_scans: Callable[..., list[str]]
) -> None:
    error = Failure(code="reader-away", message="The reader was away for them.")
    for name in ("one.mha", "two.mha"):
        seed_scans(seeded_scan(name, 0, status="dead", attempt=5, error=error))
    app.show("Dead-lettered")
    app.retry_all("The reader was away for them.", 2)
    app.point_elsewhere()
    for name in ("one.mha", "two.mha"):
        app.wait_for_no_row(name)


def test_a_scan_at_work_shows_how_far_it_is(
    app: App, local_cloud: LocalCloud, seed_scans: Callable[..., list[str]]
) -> None:
    at_work = Progress(step="segmenting", done=10, total=17)
    [key] = seed_scans(seeded_scan("at-work.mha", 0, status="processing", progress=at_work))
    app.wait_for_row("at-work.mha", "processing")
    app.row_says("at-work.mha", "reading slice 11 of 17")
    app.open_scan("at-work.mha")
    app.says("reading slice 11 of 17")
    change = {"progress": Progress(step="classifying").to_document()}
    local_cloud.firestore.document(paths.scan(key)).update(change)
    app.says("judging the discs")


def test_a_row_shows_its_picture_and_its_labels(
    app: App, local_cloud: LocalCloud, read_scan: str, another_scan: Callable[..., str]
) -> None:
    app.wait_for_thumbnail("read-before.mha")
    label = {"labelKind": "correction", "labelledBy": ["eve@clinic.org", "bob@clinic.org"]}
    key = another_scan("labelled.mha", labelCount=2, lastLabelAt=datetime.now(UTC), **label)
    app.row_says("labelled.mha", "corrected, 2 labels")
    app.row_says("labelled.mha", "eve@clinic.org +1")
    local_cloud.firestore.document(paths.scan(key)).delete()


def test_the_next_scan_is_found_among_new_ones_and_none_is_denied_without_a_network(
    app: App, another_scan: Callable[..., str]
) -> None:
    another_scan("arrival-1.mha")
    app.open("/?find=arrival").open_scan("arrival-1.mha")
    app.wait_for_discs()
    app.wait_until_labels_may_be_saved()
    second = another_scan("arrival-2.mha")
    app.press("a")
    app.wait_for_address(f"/scans/{second}")
    app.wait_for_discs()
    app.wait_until_labels_may_be_saved()
    app.lose_network()
    app.press("a")
    app.toast_says("The database can't say right now whether another scan waits for a review.")
    app.normal_network()
    app.delivery_says("arrival-2.mha", "saved ✓")
    app.page.goto("about:blank")  # the rows are deleted next, and their pictures with them


def test_hundreds_of_rows_come_page_by_page_as_they_are_scrolled_to(
    app: App, seed_scans: Callable[..., list[str]]
) -> None:
    seed_scans(*(seeded_scan(f"many-{i:03}.mha", i / 100) for i in range(180)))
    app.open("/?find=many")
    loaded = app.page.locator("a.row-link")
    expect(loaded.first).to_have_text("many-000.mha")
    assert loaded.count() < 180

    def all_loaded_after_a_turn_of_the_wheel() -> bool:
        app.scroll_down(1500)
        return loaded.count() == 180

    wait_until(all_loaded_after_a_turn_of_the_wheel)
    expect(loaded.last).to_have_text("many-179.mha")


def test_words_of_a_narrow_row_lie_beside_each_other(
    app: App, another_scan: Callable[..., str]
) -> None:
    read = [{"level": level, "herniation": 0.39} for level in LEVELS]
    labelled = {"labelKind": "correction", "labelCount": 12, "lastLabelAt": datetime.now(UTC)}
    another_scan("a-name-that-is-longer-than-a-telephone-is-wide.mha", discs=read, **labelled)
    app.page.set_viewport_size({"width": 390, "height": 800})
    app.row_says("a-name-that-is-longer-than-a-telephone-is-wide.mha", "12 labels")
    assert app.overlaps("a-name-that-is-longer-than-a-telephone-is-wide.mha") == []
