"""Serves the worker: `python -m inference_service`."""

import os
import socket
import sys

from google.cloud import pubsub_v1
from starlette.applications import Starlette

from discai.cloud.archived import ArchivedSlices
from discai.cloud.buckets import connect_buckets
from discai.cloud.dicomweb import Archive
from discai.cloud.filing import FilingOrders, FilingRepository
from discai.cloud.firestore import FirestoreDatabase
from discai.cloud.labels import LabelRepository
from discai.cloud.logs import configure_logs
from discai.cloud.objects import ObjectStore
from discai.cloud.publisher import InferencePublisher
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
from inference_service.work import Work
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
    work = _work(settings, model)
    if settings.push_audience:
        verify = OidcVerifier(
            settings.push_audience,
            settings.push_service_account,
            on_cloud_run=bool(settings.k_service),
        )
        return create_app(work, model, verify, settings.turn_seconds)
    return create_app(work, model, accept_every_push, settings.turn_seconds)


def _work(settings: Settings, model: ServedModel) -> Work:
    project = settings.google_cloud_project
    database = FirestoreDatabase.connect(project)
    objects = ObjectStore(connect_buckets(project))
    scans = ScanRepository(database, settings.lease_seconds)
    labels = LabelRepository(database, objects, settings.results_bucket)
    orders = FilingRepository(database, settings.lease_seconds)
    keys = Keys(settings.study_keys_secret.get_secret_value())
    name = f"{socket.gethostname()}-{os.getpid()}"
    files = settings.filing != "off"
    archive = Archive.connect(settings.archive) if settings.archive else None
    archived = ArchivedSlices(archive, keys) if archive else None
    reader = Worker(
        scans,
        RereadRepository(database, settings.lease_seconds),
        objects,
        model,
        studies=StudyRepository(database, labels),
        keys=keys,
        filing=FilingOrders(orders, _publisher(settings), settings.filing) if files else None,
        results_bucket=settings.results_bucket,
        name=name,
        lease_seconds=settings.lease_seconds,
        archived=archived,
    )
    if archive is None or not files:
        return Work(reader, None)
    # Here and not above: what makes DICOM objects takes a while to import.
    from inference_service.filing import Filer

    filer = Filer(
        orders,
        scans,
        labels,
        objects,
        archive,
        keys=keys,
        filing=settings.filing,
        results_bucket=settings.results_bucket,
        name=name,
        lease_seconds=settings.lease_seconds,
        archived=archived,
    )
    return Work(reader, filer)


def _publisher(settings: Settings) -> InferencePublisher:
    client = pubsub_v1.PublisherClient()
    return InferencePublisher(client, settings.google_cloud_project, settings.inference_topic)


if __name__ == "__main__":
    main()
