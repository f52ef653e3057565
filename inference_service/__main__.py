"""Serves the worker: `python -m inference_service`."""

import logging
import os
import socket
import sys
from functools import partial

import uvicorn
from google.cloud import firestore, storage
from starlette.applications import Starlette

from discai.cloud.environment import settings_from
from discai.cloud.logs import configure_logs
from discai.cloud.objects import ObjectStore
from discai.cloud.scans import ScanRepository
from discai.errors import PermanentError
from inference_service.app import create_app
from inference_service.model import ServedModel, device_name, load_predictor
from inference_service.push import OidcVerifier, accept_every_push
from inference_service.server import Server
from inference_service.settings import Settings
from inference_service.worker import Worker


def main() -> None:
    """Serves until a signal comes; exits 1 if it can't start or load its model."""
    configure_logs()
    try:
        settings = settings_from(os.environ, Settings)
    except PermanentError as error:
        sys.exit(error.message)
    model = ServedModel(partial(load_predictor, settings.model_dir))
    server = Server(uvicorn.Config(app_for(settings, model), "0.0.0.0", settings.port))  # noqa: S104
    model.start(on_failure=server.give_up)
    server.run()
    logging.shutdown()
    # Not sys.exit: it would wait for the thread that reads, and a network can't be interrupted.
    os._exit(1 if model.has_failed else 0)


def app_for(settings: Settings, model: ServedModel) -> Starlette:
    """The app with its real collaborators."""
    worker = Worker(
        ScanRepository(firestore.Client(settings.google_cloud_project), settings.lease_seconds),
        ObjectStore(storage.Client(settings.google_cloud_project)),
        model,
        results_bucket=settings.results_bucket,
        name=f"{socket.gethostname()}-{os.getpid()}",
        device=device_name,
        lease_seconds=settings.lease_seconds,
    )
    if settings.push_audience:
        verify = OidcVerifier(settings.push_audience, settings.push_service_account)
        return create_app(worker, model, verify)
    return create_app(worker, model, accept_every_push)


if __name__ == "__main__":
    main()
