"""Cloud Storage on one machine: the JSON and XML surface that clients, browsers and gcloud use.

No emulator that exists does preconditions, events, CORS and resumable uploads together.
"""

from infrastructure.local.gcs.app import StorageApp
from infrastructure.local.gcs.store import Store

__all__ = ["StorageApp", "Store"]
