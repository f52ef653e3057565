"""What Firestore keeps of a reading."""

from dataclasses import replace

import numpy as np

from discai.cloud.names import artifact_names
from discai.rendering import Pictures
from discai.scan.orientation import direction_of, stored_grid
from discai.scan.scan import Scan
from inference_service.artifacts import describe
from tests.inference_service.fake_worker import FakePredictor


def test_boxes_are_stored_in_pixels_of_the_slice_as_shown():
    spacing_mm = (4.0, 1.0, 0.5)  # shown with square pixels: rows become twice as many
    voxels = np.arange(3 * 40 * 40, dtype=np.int16).reshape(3, 40, 40)
    grid = stored_grid(voxels.shape, spacing_mm, (0.0, 0.0, 0.0), direction_of("PIR"))
    scan = Scan(voxels, spacing_mm, grid)
    reading = FakePredictor().read(scan, lambda *_: None)
    disc = replace(reading.discs[0], boxes={1: (10.0, 10.0, 20.0, 15.0)}, slice=1)
    reading = replace(reading, discs=(disc,))
    prediction = describe(
        reading,
        Pictures(scan, reading),
        artifact_names("s", "m"),
        herniation_threshold=0.3,
    )
    assert (prediction.slice_width, prediction.slice_height) == (40, 80)
    assert prediction.discs[0].box.model_dump() == {"x": 10, "y": 20, "width": 10, "height": 10}
    assert list(prediction.discs[0].boxes) == ["1"]
    assert prediction.herniation_threshold == 0.3
