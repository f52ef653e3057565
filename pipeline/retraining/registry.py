"""The Vertex AI Model Registry: one model, a version a challenger, an alias for production.

The alias is for people, and a rollback leaves it: workers follow `discai.cloud.production`.
"""

from typing import Any, Final

from google.api_core.exceptions import NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform_v1 as vertex

from discai.cloud.retraining_settings import RetrainingSettings
from discai.cloud.retrying import retryable

MODEL_ID: Final = "discai"
PRODUCTION: Final = "production"
_UPLOAD_SECONDS: Final = 300


class ModelRegistry:
    """The registered versions of the model."""

    def __init__(self, settings: RetrainingSettings) -> None:
        self._settings = settings
        project, region = settings.google_cloud_project, settings.pipeline_region
        self._parent = f"projects/{project}/locations/{region}"
        self._model = f"{self._parent}/models/{MODEL_ID}"
        key = settings.encryption_key
        self._encryption = vertex.EncryptionSpec(kms_key_name=key) if key else None
        local = {"credentials": AnonymousCredentials()} if settings.pipeline_endpoint else {}
        endpoint = settings.pipeline_endpoint or f"{region}-aiplatform.googleapis.com"
        self._client: Any = vertex.ModelServiceClient(
            client_options={"api_endpoint": endpoint}, transport="rest", **local
        )

    def register(self, version: str, artifacts: str) -> str:
        """Registers the files at a `gs://` address as a version; returns its resource name.

        A version that is registered already is found again, not registered twice.
        """
        with retryable("Vertex AI"):
            known = self._versions()
            for model in known:
                if model.version_description == version:
                    return f"{self._model}@{model.version_id}"
            request = vertex.UploadModelRequest(
                parent=self._parent,
                model_id=MODEL_ID if not known else "",
                parent_model=self._model if known else "",
                model=vertex.Model(
                    display_name=MODEL_ID,
                    version_description=version,
                    artifact_uri=artifacts,
                    container_spec=vertex.ModelContainerSpec(image_uri=self._settings.worker_image),
                    version_aliases=["challenger"],
                    encryption_spec=self._encryption,
                ),
            )
            uploaded = self._client.upload_model(request=request).result(timeout=_UPLOAD_SECONDS)
        return f"{uploaded.model}@{uploaded.model_version_id}"

    def point_production_at(self, name: str) -> None:
        """Moves the alias `production` to a version, by its resource name."""
        with retryable("Vertex AI"):
            self._client.merge_version_aliases(name=name, version_aliases=[PRODUCTION])

    def _versions(self) -> list[Any]:
        try:
            return list(self._client.list_model_versions(name=self._model))
        except NotFound:
            return []
