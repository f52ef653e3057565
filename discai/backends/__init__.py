"""What runs the networks: one interface, several engines, and the choice between them."""

from discai.backends.backend import HERNIATION, NETWORKS, SEGMENTATION, Backend, Run, keras_file
from discai.backends.choice import BACKEND_NAMES, open_backend, visible_gpus

__all__ = [
    "BACKEND_NAMES",
    "HERNIATION",
    "NETWORKS",
    "SEGMENTATION",
    "Backend",
    "Run",
    "keras_file",
    "open_backend",
    "visible_gpus",
]
