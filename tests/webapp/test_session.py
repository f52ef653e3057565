"""Who gets in."""

from collections.abc import Callable, Iterator

import pytest

from discai.cloud import paths
from tests.support.local_cloud import LocalCloud
from tests.support.webapp.driver import App


@pytest.fixture
def without_role(local_cloud: LocalCloud) -> Iterator[None]:
    """The seeded account is nobody's reviewer while the test runs."""
    reviewer = local_cloud.firestore.document(paths.reviewer(local_cloud.email))
    role = reviewer.get().to_dict()
    reviewer.delete()
    yield
    reviewer.set(role)


def test_email_and_password_sign_in_and_out(new_app: Callable[..., App]) -> None:
    app = new_app().open()
    app.sign_in(app.cloud.email, app.cloud.password)
    app.says("Drop scans or folders here")
    app.open()  # a reload keeps the session
    app.says("Drop scans or folders here")
    app.expected.append("runAggregationQuery")  # counts that are still under way are refused
    app.sign_out()
    app.says("Reads lumbar-spine MRI")


def test_a_wrong_password_is_refused_in_words(new_app: Callable[..., App]) -> None:
    app = new_app().open()
    app.expected.append("400")  # the refusal itself, whenever the browser tells of it
    app.sign_in(app.cloud.email, "wrong")
    app.says("Wrong email or password.")


def test_somebody_without_the_role_is_told_what_to_do(
    new_app: Callable[..., App], local_cloud: LocalCloud, without_role: None
) -> None:
    app = new_app().open()
    app.sign_in(app.cloud.email, app.cloud.password)
    app.says("this account is not a reviewer")
    app.says("Ask an administrator")
    local_cloud.firestore.document(paths.reviewer(app.cloud.email)).set({"role": "reviewer"})
    app.check_again()
    app.says("Drop scans or folders here")


def test_every_page_says_that_it_is_no_medical_device(app: App, read_scan: str) -> None:
    for address in ("/", f"/scans/{read_scan}", "/nothing"):
        app.open(address).says("Research use only. Not a medical device.")
