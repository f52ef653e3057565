"""Who may do what in Firestore from a browser: every path, person and operation.

Asked of the real emulator over REST, as the web app's SDK would, with tokens as Firebase issues
them (the emulator takes them unsigned).
"""

import pytest
import requests

from tests.support.infrastructure.people import OWN_EMAIL, PEOPLE
from tests.support.tokens import unsigned_token

DOCUMENTS = {
    "scans/s1": {"status": "done"},
    "scans/s1/predictions/m1": {"modelVersion": "m1"},
    "scans/s1/labels/l1": {"kind": "correction"},
    "scans/s1/annotations/a1": {"kind": "distance"},
    "scans/s1/events/e1": {"kind": "queued"},
    "studies/k1": {"patientKey": None},
    "filing/k1": {"filing": "drafts"},
    "reviewers/other@clinic.org": {"role": "reviewer"},
    "gathers/g1": {"state": "open"},
    "slices/s1": {"gather": "g1"},
    "runs/1": {"state": "running"},
    "models/m1": {"metrics": 1},
    "models/m1/rereads/s1": {"state": "read"},
    "control/production": {"modelVersion": "m1"},
    "control/retraining": {"epoch": "1"},
    "anything/else": {"a": "b"},
    "scans/s1/anything/else": {"a": "b"},
}
READ_BY_REVIEWERS = [
    path
    for path in DOCUMENTS
    if path.split("/")[-2]
    in (
        *("scans", "predictions", "labels", "events", "studies", "filing", "runs"),
        *("models", "rereads", "control", "gathers", "annotations"),
    )
]

OPERATIONS = ["get", "list", "create", "update", "delete"]


class Browser:
    """One person's requests to Firestore."""

    def __init__(self, address: str, project: str, token: str | None) -> None:
        self.documents = f"http://{address}/v1/projects/{project}/databases/(default)/documents"
        self.session = requests.Session()
        if token:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def may(self, operation: str, path: str) -> bool:
        """Whether the rules let the operation through; any answer but yes or no is an error."""
        parent, _, name = path.rpartition("/")
        answer = {
            "get": lambda: self.session.get(f"{self.documents}/{path}"),
            "list": lambda: self.session.get(f"{self.documents}/{parent}"),
            "create": lambda: self.session.post(
                f"{self.documents}/{parent}",
                params={"documentId": f"new-{name}"},
                json=document({}),
            ),
            "update": lambda: self.session.patch(
                f"{self.documents}/{path}", json=document({"changed": "yes"})
            ),
            "delete": lambda: self.session.delete(f"{self.documents}/{path}"),
        }[operation]()
        assert answer.status_code in (200, 403), answer.text
        return answer.status_code == 200


def document(fields: dict) -> dict:
    """Firestore's REST form of a document of strings and numbers."""
    kinds = {str: "stringValue", int: "integerValue"}
    return {"fields": {key: {kinds[type(value)]: value} for key, value in fields.items()}}


@pytest.fixture
def browser_of(cloud, firestore_address):
    """Fills Firestore and opens a person's browser on it."""

    def open_browser(person: str) -> Browser:
        claims, role = PEOPLE[person]
        for path, fields in DOCUMENTS.items():
            cloud.firestore.document(path).set(fields)
        if role:
            cloud.firestore.document(f"reviewers/{OWN_EMAIL}").set({"role": role})
        token = None if claims is None else unsigned_token(cloud.project, claims)
        return Browser(firestore_address, cloud.project, token)

    return open_browser


@pytest.mark.parametrize("person", PEOPLE)
def test_only_reviewers_read_and_nobody_writes_what_is_no_label(browser_of, person):
    browser = browser_of(person)
    allowed = {
        (operation, path)
        for path in DOCUMENTS
        for operation in OPERATIONS
        if browser.may(operation, path)
    }
    reads = {(operation, path) for path in READ_BY_REVIEWERS for operation in ("get", "list")}
    assert allowed == (reads if person in ("reviewer", "admin") else set())


@pytest.mark.parametrize("person", PEOPLE)
def test_a_person_sees_their_own_role_and_can_not_give_themselves_one(browser_of, person):
    browser = browser_of(person)
    own = f"reviewers/{OWN_EMAIL}"
    has_verified_email = person not in ("anonymous", "without an email", "unverified")
    if PEOPLE[person][1] is not None:
        assert browser.may("get", own) == has_verified_email
    for operation in ("list", "create", "update", "delete"):
        assert not browser.may(operation, own)


def test_a_role_that_is_taken_away_ends_the_reading_at_once(cloud, browser_of):
    browser = browser_of("reviewer")
    assert browser.may("get", "scans/s1")
    cloud.firestore.document(f"reviewers/{OWN_EMAIL}").delete()
    assert not browser.may("get", "scans/s1")
