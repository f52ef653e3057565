"""Model versions in the models bucket: `models/VERSION/`, written once and never changed."""

from pathlib import Path
from typing import Any, Final

from google.api_core.exceptions import NotFound, PreconditionFailed
from google.cloud import storage

from discai.cloud import paths
from discai.cloud.retrying import retryable
from discai.errors import PermanentError
from discai.manifest import MANIFEST_NAME, Manifest, manifest_in

#: Beside the files of the manifest, where they are there.
_DOCUMENTS: Final = ("MODEL_CARD.md", "evaluation.json")


class ModelStore:
    """The versions that were ever registered."""

    def __init__(self, client: storage.Client, bucket: str) -> None:
        self._bucket: Any = client.bucket(bucket)
        self._name = bucket

    def publish(self, folder: Path) -> str:
        """Uploads a model's folder and returns its `gs://` address; the manifest comes last.

        A second call with the same manifest completes what a first one has begun. Raises
        `PermanentError("version-taken")` if another model has this version.
        """
        manifest = manifest_in(folder)
        documents = [name for name in _DOCUMENTS if (folder / name).is_file()]
        for name in [*manifest.files, *documents, MANIFEST_NAME]:
            self._upload(manifest.model_version, folder / name)
        return self.address(manifest.model_version)

    def fetch(self, version: str, folder: Path) -> Path:
        """Downloads a version into a folder of its name within `folder`, and returns that.

        Whether the files are what the manifest says is for whoever loads them to check. Raises
        `PermanentError("unknown-model")`.
        """
        target = folder / version
        target.mkdir(parents=True, exist_ok=True)
        manifest: Manifest | None = None
        try:
            self._download(version, target / MANIFEST_NAME)
            manifest = manifest_in(target)
            for name in manifest.files:
                self._download(version, target / name)
        except NotFound as error:
            missing = "it is not registered" if manifest is None else "a file of it is missing"
            raise PermanentError(
                "unknown-model", f"The model {version} can't be loaded: {missing}."
            ) from error
        return target

    def address(self, version: str) -> str:
        """The `gs://` address of a version's folder."""
        return f"gs://{self._name}/{paths.model_file(version, '')}"

    def _upload(self, version: str, path: Path) -> None:
        name = paths.model_file(version, path.name)
        with retryable("Cloud Storage"):
            try:
                self._bucket.blob(name).upload_from_filename(str(path), if_generation_match=0)
            except PreconditionFailed:
                stored = self._bucket.blob(name).download_as_bytes()
                if stored != path.read_bytes():
                    raise PermanentError(
                        "version-taken", f"There is another model {version} already."
                    ) from None

    def _download(self, version: str, path: Path) -> None:
        with retryable("Cloud Storage"):
            self._bucket.blob(paths.model_file(version, path.name)).download_to_filename(str(path))
