"""Collaborators of an api of which a test gives what it needs."""

from dataclasses import fields
from typing import Any

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


def nobody_but(verify: VerifyToken) -> Collaborators:
    """An api that asks whoever calls for a token, and has nothing to give."""
    absent: Any = dict.fromkeys(field.name for field in fields(Collaborators))
    return Collaborators(**absent | {"settings": SETTINGS, "verify_token": verify})
