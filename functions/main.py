"""Entry points of the Cloud Functions; functions-framework runs one target of this file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import flask
import functions_framework
from cloudevents.http import CloudEvent
from werkzeug.exceptions import BadRequest

from discai.cloud.environment import settings_from
from discai.cloud.logs import configure_logs
from discai.errors import PermanentError
from functions import on_dead_letter as dead_letter
from functions import on_scan_uploaded as scan_uploaded
from functions.services import Services
from functions.settings import Settings

configure_logs()
services = Services(settings_from(os.environ, Settings))


@contextmanager
def malformed_is_bad_request() -> Iterator[None]:
    """An event that can never be understood answers 400, every other failure 500: retried."""
    try:
        yield
    except PermanentError as error:
        raise BadRequest(error.message) from error


@functions_framework.cloud_event
def on_scan_uploaded(event: CloudEvent) -> None:
    """`google.cloud.storage.object.v1.finalized` of the uploads bucket."""
    with malformed_is_bad_request():
        scan_uploaded.on_scan_uploaded(event.data, services.scans, services.publisher)


@functions_framework.cloud_event
def on_dead_letter(event: CloudEvent) -> None:
    """`google.cloud.pubsub.topic.v1.messagePublished` of the dead-letter topic."""
    with malformed_is_bad_request():
        dead_letter.on_dead_letter(event.data, event["id"], services.scans)


@functions_framework.http
def api(request: flask.Request) -> flask.Response:
    """The web app's api."""
    return services.api(request)
