"""Who may look at scans: the documents `reviewers/{email}`."""

from typing import Any

import pydantic
from google.cloud import firestore

from discai.cloud import paths
from discai.cloud.retrying import retryable
from discai.records.scans import Reviewer


class Reviewers:
    """Roles by e-mail address."""

    def __init__(self, database: firestore.Client) -> None:
        self._database: Any = database

    def get(self, email: str) -> Reviewer | None:
        """The person's role, or None for one who has none."""
        if not email or "/" in email:
            return None
        with retryable("Firestore"):
            snapshot = self._database.document(paths.reviewer(email)).get()
        try:
            return Reviewer.from_document(snapshot.to_dict() or {})
        except pydantic.ValidationError:
            return None
