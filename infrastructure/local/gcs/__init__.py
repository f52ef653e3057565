"""Cloud Storage on one machine: the JSON and XML surface that clients, browsers and gcloud use.

README.md lists what it does and what it does not. It imports nothing of DiscAI, nor any other part
of the local cloud.
"""

from infrastructure.local.gcs.app import StorageApp
from infrastructure.local.gcs.signing import Signer
from infrastructure.local.gcs.store import Store

__all__ = ["Signer", "StorageApp", "Store"]
