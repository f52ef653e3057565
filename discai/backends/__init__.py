"""Engines that run the networks behind one interface, and the choice between them.

May import `herniation`, `segmentation`, `manifest` and the rooms below them.
"""

from discai.backends.backend import Backend, Run
from discai.backends.choice import BACKEND_NAMES, open_backend, visible_gpus

__all__ = [
    "BACKEND_NAMES",
    "Backend",
    "Run",
    "open_backend",
    "visible_gpus",
]
