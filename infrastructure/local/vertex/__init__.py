"""Vertex AI on one machine: pipeline jobs run by `kfp.local`, and a model registry."""

from infrastructure.local.vertex.app import create_app
from infrastructure.local.vertex.jobs import Jobs
from infrastructure.local.vertex.models import Registry

__all__ = ["Jobs", "Registry", "create_app"]
