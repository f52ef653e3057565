"""What Firestore keeps of a reading."""

from dataclasses import replace

import numpy as np
import pytest

from discai.cloud.claim import LeaseLostError
from discai.cloud.paths import artifact_names
from discai.pictures.output import prediction_json
from discai.pictures.rendering import Pictures
from discai.reading import DiscQuantities, SliceQuantities
from discai.scan.orientation import direction_of, stored_grid
from discai.scan.scan import Scan
from inference_service.artifacts import describe, store_artifacts
from tests.support.fake_worker import FakePredictor


def scan_of(slices: int, spacing_mm: tuple[float, float, float]) -> Scan:
    voxels = np.arange(slices * 40 * 40, dtype=np.int16).reshape(slices, 40, 40)
    grid = stored_grid(voxels.shape, spacing_mm, (0.0, 0.0, 0.0), direction_of("PIR"))
    return Scan(voxels, spacing_mm, grid)


class LostClaim:
    """A scan that another worker takes over after a few writes."""

    scan_id = "s"

    def __init__(self, writes: int) -> None:
        self.writes = writes

    def check(self) -> None:
        if self.writes <= 0:
            raise LeaseLostError


class Shelf:
    """Takes objects of a worker that holds its scan."""

    def __init__(self, claim: LostClaim) -> None:
        self.claim = claim
        self.files: dict[str, bytes] = {}

    def write(self, bucket, name, data, content_type, check) -> None:
        check()
        self.claim.writes -= 1
        self.files[name] = data


def test_a_worker_whose_scan_was_taken_over_stores_no_more():
    scan = scan_of(20, (4.0, 1.0, 1.0))
    reading = FakePredictor().read(scan, lambda *_: None)
    claim = LostClaim(writes=0)
    shelf = Shelf(claim)
    with pytest.raises(LeaseLostError):
        store_artifacts(
            shelf, "results", claim, scan, reading, Pictures(scan, reading), lambda *_: None
        )
    assert shelf.files == {}


def test_the_prediction_tells_the_bytes_of_each_slice_and_mask_in_the_one_file_of_all():
    scan = scan_of(20, (4.0, 1.0, 1.0))
    reading = FakePredictor().read(scan, lambda *_: None)
    pictures = Pictures(scan, reading)
    claim = LostClaim(writes=100)
    shelf = Shelf(claim)
    names = store_artifacts(shelf, "results", claim, scan, reading, pictures, lambda *_: None)
    kinds = ("pictures.zip", "prediction.json", "segmentation.mha", "thumbnail.jpg")
    assert sorted(shelf.files) == [f"scans/s/{reading.model_version}/{kind}" for kind in kinds]
    assert names.pictures
    stored = shelf.files[names.pictures]
    prediction = describe(scan, reading, pictures, names, herniation_threshold=0.3)
    places = prediction.picture_bytes
    assert places
    cut = [
        stored[start : start + size]
        for start, size in zip(places.starts, places.sizes, strict=True)
    ]
    assert cut == [make(index) for index in range(20) for make in (pictures.slice, pictures.mask)]


def test_boxes_are_stored_in_pixels_of_the_slice_as_shown():
    spacing_mm = (4.0, 1.0, 0.5)  # shown with square pixels: rows become twice as many
    scan = scan_of(3, spacing_mm)
    reading = FakePredictor().read(scan, lambda *_: None)
    disc = replace(reading.discs[0], boxes={1: (10.0, 10.0, 20.0, 15.0)}, slice=1)
    reading = replace(reading, discs=(disc,))
    prediction = describe(
        scan,
        reading,
        Pictures(scan, reading),
        artifact_names("s", "m"),
        herniation_threshold=0.3,
    )
    assert (prediction.slice_width, prediction.slice_height) == (40, 80)
    assert prediction.discs[0].box.model_dump() == {"x": 10, "y": 20, "width": 10, "height": 10}
    assert list(prediction.discs[0].boxes) == ["1"]
    assert prediction.herniation_threshold == 0.3
    assert prediction.windows is not None
    assert (prediction.windows.fit.low, prediction.windows.fit.high) == (0, 3 * 40 * 40 - 1)


def test_a_disc_says_where_in_the_patient_it_lies_if_the_scan_knows():
    scan = scan_of(5, (4.0, 1.0, 0.5))
    unknown = replace(scan, grid=replace(scan.grid, is_placed=False))
    centres = []
    for each in (scan, unknown):
        reading = FakePredictor().read(each, lambda *_: None)
        names = artifact_names("s", "m")
        prediction = describe(
            each, reading, Pictures(each, reading), names, herniation_threshold=0.3
        )
        [disc] = prediction.discs
        centres.append(disc.centre_mm)
    # The second quarter of 40 rows and columns; slices run to the right and rows to the feet.
    assert centres == [[-4.0 * 2, 0.5 * 14.5, -14.5], None]


def test_slices_as_shown_say_where_in_the_patient_they_lie_if_the_scan_knows():
    scan = scan_of(5, (4.0, 1.0, 0.5))  # shown with twice as many rows
    reading = FakePredictor().read(scan, lambda *_: None)
    unplaced = replace(scan, grid=replace(scan.grid, is_placed=False))
    bare = replace(scan, spacing_mm=None, grid=replace(scan.grid, spacing_mm=None))
    told = [
        describe(
            each,
            reading,
            Pictures(each, reading),
            artifact_names("s", "m"),
            herniation_threshold=0.3,
        )
        for each in (scan, unplaced, bare)
    ]
    assert [each.pixel_mm for each in told] == [0.5, 0.5, None]
    assert told[0].place is not None
    assert told[0].place.model_dump() == {
        "origin_mm": [0.0, 0.0, 0.25],  # a quarter of the first row's 1 mm above its middle
        "right_mm": [0.0, 0.5, 0.0],
        "down_mm": [0.0, 0.0, -0.5],
        "next_slice_mm": [-4.0, 0.0, 0.0],
    }
    assert [each.place for each in told[1:]] == [None, None]


def test_quantities_are_those_of_the_file_with_slices_as_shown():
    scan = scan_of(5, (4.0, 1.0, 1.0))
    grid = stored_grid(scan.grid.shape, scan.spacing_mm, (0.0, 0.0, 0.0), direction_of("PIL"))
    scan = replace(scan, grid=grid)  # the file counts slices the other way
    reading = FakePredictor().read(scan, lambda *_: None)
    quantities = DiscQuantities(
        bulge_mm=4.123456,
        bulge_slice=1,
        bulge_side="right",
        meyerding_grade=1,
        slices={1: SliceQuantities(bulge_mm=4.123456)},
    )
    disc = replace(reading.discs[0], quantities=quantities)
    reading = replace(reading, discs=(disc,), lordosis_deg=41.234567)
    names = artifact_names("s", "m")
    stored = describe(
        scan, reading, Pictures(scan, reading), names, herniation_threshold=0.3
    ).to_document()
    file = prediction_json(scan, reading)
    of_file = file["discs"][0]["quantities"]
    assert of_file.pop("slices")
    assert (of_file["bulgeSlice"], of_file["bulgeMm"]) == (3, 4.1235)
    assert stored["discs"][0]["quantities"] == of_file | {"bulgeSlice": 1}
    assert stored["lordosisDeg"] == file["spine"]["lordosisDeg"] == 41.2346


def test_what_nobody_measured_is_stored_as_that():
    scan = scan_of(3, (4.0, 1.0, 1.0))
    reading = FakePredictor().read(scan, lambda *_: None)
    stored = describe(
        scan, reading, Pictures(scan, reading), artifact_names("s", "m"), herniation_threshold=0.3
    )
    assert (stored.discs[0].quantities, stored.lordosis_deg) == (None, None)
