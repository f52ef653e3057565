"""The table, the record of the review page and the report for the archive say the same numbers."""

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from discai.cloud.paths import artifact_names
from discai.export.answer import Answer
from discai.export.codes import DISCS
from discai.export.dicom import as_files
from discai.export.dicom_seg import segmentation
from discai.export.dicom_sr import report
from discai.export.source import Source, read_source
from discai.pictures.output import segmentation_mha
from discai.pictures.quantities import discs_csv
from discai.pictures.rendering import Pictures
from discai.predictor import Predictor
from discai.reading import Reading
from discai.scan import Scan, dicom
from discai.scan.orientation import direction_of, to_canonical
from discai.segmentation.signature import CHANNELS
from inference_service.artifacts import describe
from inference_service.results import reading_again
from tests.support.dicom_exports import series, written
from tests.support.drawn_spines import DrawnSpine, Protrusion, maps_of
from tests.support.predictors import classify_by_level, manifest
from tests.support.spines import GREY, see, with_grain

pytestmark = pytest.mark.usefixtures("decoding_here")

#: As coarse as the test may be quick.
SPACING_MM = (4.0, 1.0, 1.0)
DRAWN = DrawnSpine(
    discs=6,
    slip_mm=3,
    wedge_deg=5,
    tilt_deg=15,
    protrusion=Protrusion(4, 5, 9),
    bends_mm=(0, 0, 8, 0, 0, 0),
)
#: Columns of the table by what the report calls them: name, site, and part, side or derivation.
CALLED = {
    ("Height", "disc", "Anterior"): "anterior_height_mm",
    ("Height", "disc", "Central"): "middle_height_mm",
    ("Height", "disc", "Posterior"): "posterior_height_mm",
    ("DHI", "disc", ""): "height_index",
    ("Length", "disc", ""): "length_mm",
    ("LENGTH-RATIO", "disc", ""): "length_ratio",
    ("BULGE", "disc", ""): "bulge_mm",
    ("Depth", "Vertebral canal", ""): "canal_depth_mm",
    ("Depth", "Vertebral canal", "Minimum"): "narrowest_canal_mm",
    ("SLIP", "disc", ""): "slip_mm",
    ("SLIP-PERCENT", "disc", ""): "slip_percent",
    ("Volume", "disc", ""): "volume_mm3",
}


@dataclass(frozen=True)
class Read:
    """A drawn spine as a DICOM series whose file counts slices the other way, and its reading."""

    scan: Scan
    source: Source
    reading: Reading
    segmentation: Dataset


@pytest.fixture
def read(tmp_path: Path) -> Read:
    maps = maps_of(DRAWN, SPACING_MM)
    grey = np.zeros(maps.shape[:3], np.float32)
    for name in ("canal", "vertebra", "disc", "l5s1_disc"):
        grey[maps[..., CHANNELS.index(name)] > 0] = GREY[name]
    stored = np.rint(1000 * with_grain(np.flip(grey, 0))).astype(np.uint16)
    direction = np.array(direction_of("PIL")).reshape(3, 3)
    paths = written(tmp_path / "series", series(stored, direction, spacing_mm=SPACING_MM))
    scan = to_canonical(dicom.read_series(paths))
    predictor = Predictor(manifest(), "sha256:0", see, classify_by_level, "cpu")
    source, reading = read_source(paths, scan), predictor.read(scan)
    answer = Answer(scan, reading, 0.3, datetime(2026, 11, 30, tzinfo=UTC))
    return Read(scan, source, reading, segmentation(source, answer))


def test_all_say_the_same(read: Read, tmp_path: Path) -> None:
    scan, reading = read.scan, read.reading
    table = list(csv.DictReader(io.StringIO(discs_csv("case", scan, reading))))
    names = artifact_names("s", "m")
    prediction = describe(scan, reading, Pictures(scan, reading), names, herniation_threshold=0.3)
    record = prediction.to_document()
    mask = tmp_path / "segmentation.mha"
    mask.write_bytes(segmentation_mha(scan, reading))
    from_file = report_of(read, reading, prediction.created_at)
    from_record = report_of(read, reading_again(prediction, mask, scan), prediction.created_at)
    assert from_file == from_record
    content: Any = parsed(from_record).content
    groups = {
        group.finding_sites[0].value.meaning: group
        for group in content.get_volumetric_roi_measurement_groups()
    }
    for row, disc in zip(table, record["discs"], strict=True):
        of_record = disc["quantities"]
        expected = {column: float(row[column]) for column in CALLED.values() if row[column]}
        assert {
            column: of_record[camel(column)]
            for column in CALLED.values()
            if of_record[camel(column)] is not None
        } == expected
        group = groups[DISCS[row["level"]].meaning]
        assert said_in(group) == pytest.approx(expected)
        assert (of_record["bulgeSide"] or "") == row["bulge_side"]
        if of_record["bulgeSlice"] is not None:
            assert str(scan.slice_to_stored(of_record["bulgeSlice"])) == row["bulge_slice"]
        assert grades_in(group) == [row["meyerding_grade"]] * (row["level"] != "L5-S1")
        assert disc["reason"]["text"] == row["reason"] != ""
        lordosis_deg = float(row["lordosis_deg"])
        assert record["lordosisDeg"] == lordosis_deg
    assert {"bulge_mm", "slip_mm"} <= said_in(groups["L4/L5 disc"]).keys()
    assert table[3]["bulge_side"] == "right"
    spine, curve = content.get_image_measurement_groups()
    assert spine.get_measurements()[0].value == pytest.approx(lordosis_deg)
    bent = record["lateralCurve"]
    of_table = [float(table[0][each]) for each in ("lateral_offset_mm", "lateral_arc_deg")]
    assert [bent["offsetMm"], bent["arcDeg"]] == of_table
    assert [float(each.value) for each in curve.get_measurements()] == pytest.approx(of_table)
    named = [bent["level"], bent["side"], str(bent["suggestsScoliosis"])]
    columns = ("lateral_apex", "lateral_side", "suggests_scoliosis")
    assert named == [table[0][each] for each in columns] == ["L3-L4", "right", "True"]


def report_of(read: Read, reading: Reading, made_at: datetime) -> bytes:
    answer = Answer(read.scan, reading, 0.3, made_at)
    made = report(read.source, answer, read.segmentation)
    return as_files({"": made})[""]


def parsed(file: bytes) -> hd.sr.Comprehensive3DSR:
    return hd.sr.Comprehensive3DSR.from_dataset(pydicom.dcmread(io.BytesIO(file)))


def said_in(group: Any) -> dict[str, float]:
    """The group's quantities by their column of the table."""
    found = {}
    for each in group.get_measurements()[1:]:  # the first is the probability
        site = each.finding_sites[0]
        kind = site.topographical_modifier or each.derivation
        own = each.name.scheme_designator == "99DISCAI"
        place = site.value.meaning
        called = (
            each.name.value if own else each.name.meaning,
            place if place == "Vertebral canal" else "disc",
            kind.meaning if kind else "",
        )
        found[CALLED[called]] = float(each.value)
    return found


def grades_in(group: Any) -> list[str]:
    found = group.get_qualitative_evaluations()
    return [
        each.value.value.removeprefix("MEYERDING-")
        for each in found
        if each.name.value == "MEYERDING"
    ]


def camel(column: str) -> str:
    first, *rest = column.split("_")
    return first + "".join(each.capitalize() for each in rest)
