"""Collaborators of an api of which a test gives what it needs."""

from dataclasses import fields
from typing import Any, Literal

from discai.cloud.reviewers import Reviewers
from discai.records.scans import Reviewer
from functions.api.dependencies import Collaborators
from functions.identity import VerifyToken
from functions.settings import Settings

SETTINGS = Settings(
    google_cloud_project="p",
    uploads_bucket="p-uploads",
    results_bucket="p-results",
    inference_topic="inference-requests",
    web_origin="http://web.test",
)


class Everybody(Reviewers):
    """A list on which everybody has the same role."""

    def __init__(self, role: Literal["reviewer", "admin"]) -> None:
        self._role = role

    def get(self, email: str) -> Reviewer:
        return Reviewer(role=self._role)


def nobody_but(verify: VerifyToken) -> Collaborators:
    """An api that asks whoever calls for a token, and has nothing to give."""
    absent: Any = dict.fromkeys(field.name for field in fields(Collaborators))
    return Collaborators(**absent | {"settings": SETTINGS, "verify_token": verify})
