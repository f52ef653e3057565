"""Collaborators of the functions; each is built at its first use, after the server has forked."""

import threading
from functools import cached_property
from pathlib import Path

from google.cloud import pubsub_v1, storage
from starlette.types import ASGIApp

from discai.cloud import paths
from discai.cloud.buckets import connect_buckets
from discai.cloud.documents import Document
from discai.cloud.filing import FilingOrders, FilingRepository
from discai.cloud.firestore import FirestoreDatabase
from discai.cloud.gathers import GatherRepository
from discai.cloud.labels import LabelRepository
from discai.cloud.objects import ObjectStore
from discai.cloud.production import ProductionRepository
from discai.cloud.publisher import InferencePublisher
from discai.cloud.rereading import RereadRepository
from discai.cloud.retraining import RetrainingRepository
from discai.cloud.reviewers import Reviewers
from discai.cloud.scans import ScanRepository
from discai.cloud.signing import UrlSigner
from discai.cloud.studies import StudyRepository
from discai.records.keys import Keys
from discai.records.models import Reconciled
from functions.gathering import Gathering
from functions.identity import FirebaseVerifier
from functions.on_instance_stored import Arrivals
from functions.reconciliation import Reconciliation
from functions.retraining import Retraining, RunSubmitter
from functions.settings import Settings


class Services:
    """The real collaborators of every function."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._project = settings.google_cloud_project
        self._building = threading.Lock()

    @cached_property
    def _database(self) -> FirestoreDatabase:
        return FirestoreDatabase.connect(self._project)

    @cached_property
    def _storage(self) -> storage.Client:
        return connect_buckets(self._project)

    @cached_property
    def scans(self) -> ScanRepository:
        """Scans in Firestore."""
        return ScanRepository(self._database)

    @cached_property
    def rereads(self) -> RereadRepository:
        """Orders to read scans again."""
        return RereadRepository(self._database)

    @cached_property
    def labels(self) -> LabelRepository:
        """Labels in Firestore and their files."""
        return LabelRepository(
            self._database, ObjectStore(self._storage), self._settings.results_bucket
        )

    @cached_property
    def studies(self) -> StudyRepository:
        """Studies in Firestore."""
        return StudyRepository(self._database, self.labels)

    @cached_property
    def reconciliation(self) -> Reconciliation:
        """Labels and uploads whose events were lost."""
        return Reconciliation(
            Document(self._database, paths.RECONCILED, Reconciled),
            self.labels,
            self.studies,
            self.scans,
            self.rereads,
            self.publisher,
            ObjectStore(self._storage),
            self._settings.uploads_bucket,
            self.gathering,
            self.filing,
        )

    @cached_property
    def gathering(self) -> Gathering:
        """Loose slices, which without the secret are left for later."""
        secret = self._settings.study_keys_secret
        return Gathering(
            GatherRepository(self._database),
            ObjectStore(self._storage),
            Keys(secret.get_secret_value()) if secret else None,
        )

    @cached_property
    def filing(self) -> FilingOrders:
        """Orders to store results in the archive."""
        return FilingOrders(self.orders, self.publisher, self._settings.filing)

    @cached_property
    def orders(self) -> FilingRepository:
        """The same orders in Firestore."""
        return FilingRepository(self._database)

    @cached_property
    def arrivals(self) -> Arrivals:
        """Arrivals in an archive."""
        return Arrivals(
            self.gathering,
            GatherRepository(self._database),
            self.scans,
            ObjectStore(self._storage),
            self._settings.uploads_bucket,
        )

    @cached_property
    def retraining(self) -> Retraining:
        """The retraining loop; without a pipeline it only counts."""
        submitter = self._submitter()
        runs = RetrainingRepository(
            self._database, self._settings.retrain_threshold, configured=submitter is not None
        )
        return Retraining(runs, submitter)

    def _submitter(self) -> RunSubmitter | None:
        settings = self._settings.retraining
        if settings is None or not settings.evaluation_set:
            return None
        # Here and not above: it takes a second to import, and few functions need it.
        from discai.cloud.vertex import VertexSubmitter

        return VertexSubmitter.connect(settings, self._storage)

    @cached_property
    def publisher(self) -> InferencePublisher:
        """The queue in front of the worker."""
        return InferencePublisher(
            pubsub_v1.PublisherClient(), self._project, self._settings.inference_topic
        )

    @property
    def api(self) -> ASGIApp:
        """The web app's api, one for all threads: the first requests come together."""
        with self._building:  # from Python 3.12 on `cached_property` lets each thread build its own
            return self._api

    @cached_property
    def _api(self) -> ASGIApp:
        # Here and not above: FastAPI takes a third of a second to import, for one function.
        from functions.api.app import create_api
        from functions.api.dependencies import Collaborators

        key_file = self._settings.signing_key_file
        return create_api(
            Collaborators(
                settings=self._settings,
                scans=self.scans,
                labels=self.labels,
                rereads=self.rereads,
                objects=ObjectStore(self._storage),
                signer=UrlSigner(self._storage, Path(key_file) if key_file else None),
                publisher=self.publisher,
                production=ProductionRepository(self._database),
                reviewers=Reviewers(self._database),
                verify_token=FirebaseVerifier(self._project),
            )
        )
