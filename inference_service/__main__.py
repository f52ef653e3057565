"""Serves the worker: `python -m inference_service`."""

import os
import socket
import sys

from google.cloud import storage
from starlette.applications import Starlette

from discai.cloud.firestore import FirestoreDatabase
from discai.cloud.labels import LabelRepository
from discai.cloud.logs import configure_logs
from discai.cloud.objects import ObjectStore
from discai.cloud.rereading import RereadRepository
from discai.cloud.scans import ScanRepository
from discai.cloud.studies import StudyRepository
from discai.errors import PermanentError
from discai.scratch import Scratch
from discai.study import Keys
from inference_service.app import create_app
from inference_service.model import ServedModel
from inference_service.production import model_for
from inference_service.push import OidcVerifier, accept_every_push
from inference_service.server import serve
from inference_service.settings import Settings
from inference_service.worker import Worker


def main() -> None:
    """Serves until a signal comes; exits 1 if it can't start or load its model."""
    configure_logs()
    try:
        settings = Settings.read()
        scratch = Scratch()
    except PermanentError as error:
        sys.exit(error.message)
    except PermissionError as error:
        sys.exit(str(error))
    model = model_for(settings)
    with scratch:
        app = app_for(settings, model)
        serve(app, model, settings.listen_host, settings.port, at_end=scratch.leave)


def app_for(settings: Settings, model: ServedModel) -> Starlette:
    """The app with its real collaborators."""
    project = settings.google_cloud_project
    database = FirestoreDatabase.connect(project)
    objects = ObjectStore(storage.Client(project))
    worker = Worker(
        ScanRepository(database, settings.lease_seconds),
        RereadRepository(database, settings.lease_seconds),
        objects,
        model,
        studies=StudyRepository(
            database, LabelRepository(database, objects, settings.results_bucket)
        ),
        keys=Keys(settings.study_keys_secret.get_secret_value()),
        results_bucket=settings.results_bucket,
        name=f"{socket.gethostname()}-{os.getpid()}",
        lease_seconds=settings.lease_seconds,
    )
    if settings.push_audience:
        verify = OidcVerifier(
            settings.push_audience,
            settings.push_service_account,
            on_cloud_run=bool(settings.k_service),
        )
        return create_app(worker, model, verify, settings.turn_seconds)
    return create_app(worker, model, accept_every_push, settings.turn_seconds)


if __name__ == "__main__":
    main()
