"""People who may look at scans: the documents `reviewers/{email}`."""

import pydantic

from discai.cloud import paths
from discai.cloud.database import Database
from discai.cloud.documents import Document
from discai.records.scans import Reviewer


class Reviewers:
    """Roles by e-mail address."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, email: str) -> Reviewer | None:
        """The person's role, or None for one who has none."""
        if not paths.is_document_id(email):
            return None
        try:
            return Document(self._database, paths.reviewer(email), Reviewer).get()
        except pydantic.ValidationError:
            return None
