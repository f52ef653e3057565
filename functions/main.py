"""Entry points of the Cloud Functions; functions-framework runs one target of this file."""

from http import HTTPStatus
from typing import cast

import flask
import functions_framework
import functions_framework.aio
from cloudevents.exceptions import GenericException
from cloudevents.http import CloudEvent
from starlette.requests import Request
from starlette.responses import Response

from discai.cloud.logs import configure_logs
from functions import on_dead_letter as dead_letter
from functions import on_instance_stored as instance_stored
from functions import on_label_created as label_created
from functions import on_scan_uploaded as scan_uploaded
from functions.events import permanent_errors_end, slices_wait_for_the_secret
from functions.services import Services
from functions.settings import Settings

configure_logs()
services = Services(Settings.read())


@functions_framework.errorhandler(GenericException)  # type: ignore[untyped-decorator]
@functions_framework.errorhandler(RecursionError)  # type: ignore[untyped-decorator]
def no_event(_: Exception) -> tuple[str, HTTPStatus]:
    """The answer to a call whose body can't be read as an event at all."""
    return "This is no event.", HTTPStatus.BAD_REQUEST


@functions_framework.cloud_event
def on_scan_uploaded(event: CloudEvent) -> None:
    """`google.cloud.storage.object.v1.finalized` of the uploads bucket."""
    with permanent_errors_end(event), slices_wait_for_the_secret(event):
        scan_uploaded.on_scan_uploaded(
            event.data, services.scans, services.publisher, services.gathering
        )


@functions_framework.cloud_event
def on_label_created(event: CloudEvent) -> None:
    """`google.cloud.firestore.document.v1.created` of a scan's labels."""
    with permanent_errors_end(event):
        label_created.on_label_created(
            event.data, services.labels, services.studies, services.filing, services.retraining
        )


@functions_framework.cloud_event
def on_dead_letter(event: CloudEvent) -> None:
    """`google.cloud.pubsub.topic.v1.messagePublished` of the dead-letter topic."""
    with permanent_errors_end(event):
        dead_letter.on_dead_letter(
            event.data,
            event["id"],
            services.scans,
            services.rereads,
            services.orders,
            services.publisher,
        )


@functions_framework.cloud_event
def on_instance_stored(event: CloudEvent) -> None:
    """`google.cloud.pubsub.topic.v1.messagePublished` of the archive's topic."""
    with permanent_errors_end(event):
        instance_stored.on_instance_stored(event.data, services.arrivals)


@functions_framework.http
def sweep(request: flask.Request) -> str:
    """Cloud Scheduler's calls: every few minutes, and under other paths as topology.yaml says."""
    if request.path == "/gathers":
        services.gathering.close_quiet()
        return "swept"
    if request.path == "/monthly":
        services.retraining.on_month()
    try:
        services.reconciliation.run()
    finally:
        services.retraining.on_schedule()
    return "swept"


@functions_framework.aio.http
def api(request: Request) -> Response:
    """The web app's api; an app is what a response is to the framework, so that it answers."""
    return cast(Response, services.api)
