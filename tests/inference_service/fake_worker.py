"""The worker as a process of its own, with a predictor that needs no weights.

`python -m tests.inference_service.fake_worker`, all else from the environment as in the cloud;
READING_SECONDS makes the reading slow, like a network that can't be interrupted.
"""

import os
import time

import numpy as np

from discai.anatomy import disc_value
from discai.cloud.environment import settings_from
from discai.cloud.logs import configure_logs
from discai.errors import PermanentError
from discai.reading import DiscReading, Reading
from discai.scan import Scan
from inference_service.__main__ import app_for
from inference_service.model import ServedModel
from inference_service.server import serve
from inference_service.settings import Settings


class FakePredictor:
    """Finds one disc in the middle of every scan; a black scan is no lumbar MRI."""

    model_version = "fake-1"
    model_digest = "sha256:fake"
    herniation_threshold = 0.3
    device = "cpu, none"

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.readings = 0

    def warm(self) -> None:
        """Nothing to warm."""

    def read(self, scan: Scan, progress) -> Reading:
        """Takes its time, slice by slice."""
        self.readings += 1
        slices, rows, columns = scan.voxels.shape
        for done in range(slices):
            progress("segmenting", done, slices)
            time.sleep(self.seconds / slices)
        if not scan.voxels.any():
            raise PermanentError("not-sagittal", "This is no sagittal lumbar MRI.")
        segmentation = np.zeros(scan.voxels.shape, np.uint8)
        segmentation[:, rows // 4 : rows // 2, columns // 4 : columns // 2] = disc_value("L5-S1")
        box = (columns // 4, rows // 4, columns // 2, rows // 2)
        disc = DiscReading("L5-S1", 0.75, slices // 2, {slices // 2: box}, 0.9, 12.5)
        return Reading(
            self.model_version,
            self.model_digest,
            segmentation,
            (disc,),
            ("A warning.",),
            {"segment": 0.1},
            slices // 2,
            self.device,
        )


def main() -> None:
    """Serves until a signal comes."""
    configure_logs()
    settings = settings_from(os.environ, Settings)
    model = ServedModel(lambda _: FakePredictor(float(os.environ.get("READING_SECONDS", "0"))))
    serve(app_for(settings, model), model, settings.port)


if __name__ == "__main__":
    main()
