"""The structured report: what it says of each disc, and what it refers to."""

import io
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from discai.anatomy import Level, disc_value
from discai.export import dicom_sr
from discai.export.answer import ReviewersVerdict
from discai.export.codes import (
    ABSENT,
    DISCS,
    GRADING_ANSWERS,
    GRADING_PROBABILITIES,
    GRADING_VERDICTS,
    HERNIATION_ANSWER,
    HERNIATION_PROBABILITY,
    HERNIATION_VERDICT,
    PRESENT,
)
from discai.export.dicom import as_files
from discai.export.dicom_seg import segmentation
from discai.export.source import read_source
from discai.export.uids import ResultUids
from discai.pictures.output import REPORT_DICOM, SEGMENTATION_DICOM
from discai.reading import (
    DiscQuantities,
    GradedFinding,
    Gradings,
    LateralCurve,
    PfirrmannGrading,
    Reading,
)
from discai.records.gradings import LabelledGradings
from tests.support.dicom_exports import (
    MADE_AT,
    answer_of,
    dumped,
    errors_in,
    exported,
    oriented,
    scrambled,
    series,
    written,
)

pytestmark = pytest.mark.usefixtures("decoding_here")

JUDGED_AT = MADE_AT + timedelta(days=2)
VERDICT = ReviewersVerdict("label-1", {"L5-S1": True, "L2-L3": False}, JUDGED_AT)
GRADED = replace(
    VERDICT,
    gradings={"L4-L5": LabelledGradings(pfirrmann=3), "L1-L2": LabelledGradings(modic=True)},
)
BEFORE = ResultUids("2.25.17", "2.25.18")
GRADINGS = Gradings(
    pfirrmann=PfirrmannGrading(grade=4, probabilities=[0, 0, 0.3, 0.6, 0.1]),
    narrowing=GradedFinding(probability=0.81234, present=True),
    bulging=GradedFinding(probability=0.3, present=False),
    spondylolisthesis=GradedFinding(probability=0.01, present=False),
    modic=GradedFinding(probability=0.5, present=True),
)
QUANTITIES = DiscQuantities(
    anterior_height_mm=7.12345,
    posterior_height_mm=6.5,
    height_index=0.25,
    bulge_mm=4.125,
    bulge_slice=2,
    bulge_side="left",
    canal_depth_mm=12.5,
    narrowest_canal_mm=11.0,
    slip_mm=-2.0,
    slip_percent=-5.875,
    meyerding_grade=0,
    volume_mm3=8125.5,
)


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    return written(tmp_path / "series", series(*oriented("PIR")))


def report_of(paths: list[Path], **changes: Any) -> hd.sr.Comprehensive3DSR:
    """The report without the page, as its file is read back."""
    answer = answer_of(paths, **changes)
    source = read_source(paths, answer.scan)
    made = dicom_sr.report(source, answer, segmentation(source, answer))
    content = as_files({"": made})[""]
    return hd.sr.Comprehensive3DSR.from_dataset(pydicom.dcmread(io.BytesIO(content)))


def groups_of(report: hd.sr.Comprehensive3DSR) -> dict[str, Any]:
    """Groups with a segment, by the meaning of their site."""
    content: Any = report.content
    groups = content.get_volumetric_roi_measurement_groups()
    return {group.finding_sites[0].value.meaning: group for group in groups}


def evaluations(group: Any) -> dict[str, str]:
    found = group.get_qualitative_evaluations()
    own = [each for each in found if each.name.scheme_designator == "99DISCAI"]
    return {each.name.value: each.value.value for each in own}


def measured_reading(paths: list[Path], gradings: Gradings | None = None) -> Reading:
    """A reading of which L4-L5 and the spine are measured."""
    reading = answer_of(paths).reading
    first = replace(reading.discs[0], quantities=QUANTITIES, gradings=gradings)
    curve = LateralCurve(
        offset_mm=8.5, arc_deg=21.25, level="L2-L3", side="left", suggests_scoliosis=True
    )
    discs = (first, *reading.discs[1:])
    return replace(reading, discs=discs, lordosis_deg=41.23456, lateral_curve=curve)


def texts_in(report: Dataset) -> list[str]:
    return [str(item.TextValue) for item in items_of(report) if "TextValue" in item]


def items_of(item: Dataset) -> list[Dataset]:
    below = item.get("ContentSequence") or []
    return [item, *(each for child in below for each in items_of(child))]


def test_gradings_are_answers_of_the_model_with_probabilities_and_of_reviewers(
    paths: list[Path],
) -> None:
    own: dict[Level, LabelledGradings] = {
        "L4-L5": LabelledGradings(pfirrmann=3, bulging=True),
        "L2-L3": LabelledGradings(modic=False),
    }
    verdict = ReviewersVerdict("label-1", {}, JUDGED_AT, own)
    reading = answer_of(paths).reading
    first = replace(reading.discs[0], gradings=GRADINGS)
    graded = replace(reading, discs=(first, *reading.discs[1:]))
    report = report_of(paths, reading=graded, verdict=verdict)
    group = groups_of(report)["L4/L5 disc"]
    measured = {each.name.value: each.value for each in group.get_measurements()}
    assert measured == pytest.approx(
        {
            "LDH-PROBABILITY": 0.8312,
            "NARROW-PROB": 0.8123,
            "BULGING-PROB": 0.3,
            "LISTHES-PROB": 0.01,
            "MODIC-PROB": 0.5,
        }
    )
    assert evaluations(group) == {
        HERNIATION_ANSWER.value: PRESENT.value,
        "PFIRR-MODEL": "PFIRRMANN-4",
        "NARROW-MODEL": PRESENT.value,
        "BULGING-MODEL": ABSENT.value,
        "LISTHES-MODEL": ABSENT.value,
        "MODIC-MODEL": PRESENT.value,
        "PFIRR-REVIEWER": "PFIRRMANN-3",
        "BULGING-REVIEWER": PRESENT.value,
    }
    content: Any = report.content
    [unseen] = content.get_image_measurement_groups()
    assert unseen.finding_sites[0].value == DISCS["L2-L3"]
    assert evaluations(unseen) == {"MODIC-REVIEWER": ABSENT.value}
    assert "L2-L3: no Modic changes." in texts_in(report)
    names = [*GRADING_ANSWERS.values(), *GRADING_VERDICTS.values(), *GRADING_PROBABILITIES.values()]
    assert all(len(name.value) <= 16 for name in names)  # longer codes are of another kind


def test_each_disc_has_its_probability_and_the_answer_that_follows(paths: list[Path]) -> None:
    groups = groups_of(report_of(paths))
    assert list(groups) == ["L4/L5 disc", "L5/S1 disc"]
    for level, probability, answer in (("L4-L5", 0.8312, PRESENT), ("L5-S1", 0.05, ABSENT)):
        group = groups[DISCS[level].meaning]
        [measured] = group.get_measurements()
        assert measured.name == HERNIATION_PROBABILITY
        assert measured.value == pytest.approx(probability)
        assert (measured.unit.value, measured.unit.scheme_designator) == ("1", "UCUM")
        assert evaluations(group) == {HERNIATION_ANSWER.value: answer.value}


def test_quantities_are_measurements_with_units_places_and_the_image_of_the_bulge(
    paths: list[Path],
) -> None:
    report = report_of(paths, reading=measured_reading(paths))
    _, *measured = groups_of(report)["L4/L5 disc"].get_measurements()
    sites = [each.finding_sites[0] for each in measured]
    found = [
        (
            each.name.meaning.split(" of ")[0],
            each.value,
            each.unit.value,
            site.value.meaning,
            (
                site.topographical_modifier or site.laterality or each.derivation or each.unit
            ).meaning,
        )
        for each, site in zip(measured, sites, strict=True)
    ]
    disc = "L4/L5 disc"
    assert found == [
        ("Height", 7.1235, "mm", disc, "Anterior"),
        ("Height", 6.5, "mm", disc, "Posterior"),
        ("Disc height index", 0.25, "{ratio}", disc, "ratio"),
        ("Reach", 4.125, "mm", disc, "Left"),
        ("Depth", 12.5, "mm", "Vertebral canal", "mm"),
        ("Depth", 11.0, "mm", "Vertebral canal", "Minimum"),
        ("Slip", -2.0, "mm", disc, "mm"),
        ("Slip by depth", -5.875, "%", disc, "Percent"),
        ("Volume", 8125.5, "mm3", disc, "cubic millimeter"),
    ]
    images = [len(each.referenced_images) for each in measured]
    assert images == [0, 0, 0, 1, 0, 0, 0, 0, 0]
    scan = answer_of(paths).scan
    shown = read_source(paths, scan).references[scan.slice_to_stored(2)]
    [image] = measured[3].referenced_images
    assert image.referenced_sop_instance_uid == shown.instance
    assert evaluations(groups_of(report)["L4/L5 disc"])["MEYERDING"] == "MEYERDING-0"


def test_the_spine_has_groups_of_its_own(paths: list[Path]) -> None:
    content: Any = report_of(paths, reading=measured_reading(paths)).content
    spine, curve = content.get_image_measurement_groups()
    [lordosis] = spine.get_measurements()
    assert (spine.finding_type.meaning, lordosis.name.meaning, lordosis.unit.value) == (
        "Lumbar lordosis, L1 to L5",
        "Cobb angle",
        "deg",
    )
    assert lordosis.value == pytest.approx(41.2346)
    offset, arc = curve.get_measurements()
    [site] = offset.finding_sites
    assert (offset.value, offset.unit.value, arc.value, arc.unit.value) == (8.5, "mm", 21.25, "deg")
    assert (site.value, site.laterality.meaning) == (DISCS["L2-L3"], "Left")
    assert evaluations(curve) == {"SCOLIOSIS-HINT": PRESENT.value}
    unmeasured: Any = report_of(paths).content
    assert not unmeasured.get_image_measurement_groups()


def test_the_answer_is_that_of_the_models_own_threshold(paths: list[Path]) -> None:
    groups = groups_of(report_of(paths, herniation_threshold=0.04))
    assert {value for group in groups.values() for value in evaluations(group).values()} == {
        PRESENT.value
    }


def test_it_names_the_model_the_threshold_and_the_use(paths: list[Path]) -> None:
    texts = texts_in(report_of(paths))
    for text in (
        "2026-01-01a",
        "model digest sha256:00",
        "herniation threshold 0.4200",
        "Research use only. Not a medical device.",
        "Warning of the model: Odd.",
        "[not confirmed] L4-L5: disc herniation, by the model (83 %).",
    ):
        assert text in texts


def test_each_disc_refers_to_its_segment_and_the_images_that_show_it(paths: list[Path]) -> None:
    seg = pydicom.dcmread(io.BytesIO(exported(paths)[SEGMENTATION_DICOM]))
    groups = groups_of(report_of(paths))
    labels = {item.SegmentNumber: item.SegmentLabel for item in seg.SegmentSequence}
    shown: dict[str, set[str]] = defaultdict(set)
    for item in seg.PerFrameFunctionalGroupsSequence:
        number = item.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        source = item.DerivationImageSequence[0].SourceImageSequence[0]
        shown[labels[number]].add(source.ReferencedSOPInstanceUID)
    for level in ("L4-L5", "L5-S1"):
        group = groups[DISCS[level].meaning]
        segment = group.referenced_segment
        assert group.tracking_identifier == f"Disc {level}"
        assert labels[segment[0].referenced_segment_numbers[0]] == f"Disc {level}"
        assert segment[0].referenced_sop_instance_uid == seg.SOPInstanceUID
        images = {item.referenced_sop_instance_uid for item in segment[1:]}
        assert images == shown[f"Disc {level}"]


def test_frames_of_an_enhanced_file_are_referred_to_by_their_numbers(tmp_path: Path) -> None:
    file, order = scrambled()
    paths = written(tmp_path / "enhanced", [file])
    answer = answer_of(paths)
    group = groups_of(report_of(paths))["L4/L5 disc"]
    [image] = group.referenced_segment[1:]
    assert image.referenced_sop_instance_uid == file.SOPInstanceUID
    shown = (answer.mask == disc_value("L4-L5")).any(axis=(1, 2))
    frames = [answer.scan.sources[number][1] + 1 for number in np.flatnonzero(shown)]
    assert image.referenced_frame_numbers == frames
    assert len(frames) == 1
    assert order[frames[0] - 1] == order[answer.scan.sources[int(np.flatnonzero(shown)[0])][1]]


def test_everything_that_it_refers_to_is_listed_as_evidence(paths: list[Path]) -> None:
    report = report_of(paths)
    listed = {
        item.ReferencedSOPInstanceUID
        for study in report.CurrentRequestedProcedureEvidenceSequence
        for each in study.ReferencedSeriesSequence
        for item in each.ReferencedSOPSequence
    }
    referred = {
        item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        for item in items_of(report)
        if "ReferencedSOPSequence" in item
    }
    assert referred
    assert referred <= listed


def test_it_asks_nobody_to_answer_for_it(paths: list[Path]) -> None:
    report = report_of(paths, verdict=VERDICT)
    assert (report.CompletionFlag, report.PreliminaryFlag) == ("COMPLETE", "PRELIMINARY")
    assert report.VerificationFlag == "UNVERIFIED"


def test_a_verdict_stands_beside_the_models_answer(paths: list[Path]) -> None:
    groups = groups_of(report_of(paths, verdict=VERDICT))
    assert evaluations(groups["L5/S1 disc"]) == {
        HERNIATION_ANSWER.value: ABSENT.value,
        HERNIATION_VERDICT.value: PRESENT.value,
    }
    assert HERNIATION_VERDICT.value not in evaluations(groups["L4/L5 disc"])


def test_a_disc_that_the_reviewer_alone_has_seen_is_told_without_a_segment(
    paths: list[Path],
) -> None:
    report = report_of(paths, verdict=VERDICT)
    assert "L2/L3 disc" not in groups_of(report)
    content: Any = report.content
    [alone] = content.get_image_measurement_groups()
    assert alone.finding_sites[0].value == DISCS["L2-L3"]
    assert evaluations(alone) == {HERNIATION_VERDICT.value: ABSENT.value}


def test_a_verdict_makes_another_document_that_names_the_one_before(paths: list[Path]) -> None:
    first = report_of(paths)
    before = ResultUids(first.SeriesInstanceUID, first.SOPInstanceUID)
    assert "PredecessorDocumentsSequence" not in first
    second = report_of(paths, verdict=VERDICT, predecessor=before)
    assert second.SOPInstanceUID != first.SOPInstanceUID
    assert f"{first.ContentDate} {second.ContentDate}" == "20261130 20261202"
    assert second.SeriesInstanceUID == first.SeriesInstanceUID
    [study] = second.PredecessorDocumentsSequence
    [referenced] = study.ReferencedSeriesSequence
    [instance] = referenced.ReferencedSOPSequence
    assert study.StudyInstanceUID == first.StudyInstanceUID
    assert referenced.SeriesInstanceUID == first.SeriesInstanceUID
    assert instance.ReferencedSOPInstanceUID == first.SOPInstanceUID
    third = report_of(paths, verdict=replace(VERDICT, label="label-2"), predecessor=before)
    assert third.SOPInstanceUID not in (first.SOPInstanceUID, second.SOPInstanceUID)


def test_uids_of_a_report_are_known_without_the_report(paths: list[Path]) -> None:
    scan = answer_of(paths).scan
    for verdict in (None, VERDICT):
        report = report_of(paths, verdict=verdict)
        label = verdict.label if verdict else ""
        uids = read_source(paths, scan).result_uids("SR", "2026-01-01a", label)
        assert uids == (report.SeriesInstanceUID, report.SOPInstanceUID)


def test_a_verdict_leaves_the_segmentation_as_it_is(paths: list[Path]) -> None:
    without, judged = exported(paths), exported(paths, verdict=VERDICT)
    assert without[SEGMENTATION_DICOM] == judged[SEGMENTATION_DICOM]


@pytest.mark.process
@pytest.mark.parametrize("kind", ["classic", "enhanced"])
@pytest.mark.parametrize("verdict", [None, GRADED])
def test_dciodvfy_and_dcmtk_accept_it(
    tmp_path: Path, kind: str, verdict: ReviewersVerdict | None
) -> None:
    datasets = series(*oriented("PIR")) if kind == "classic" else [scrambled()[0]]
    paths = written(tmp_path / "series", datasets)
    changes = {"verdict": verdict, "predecessor": BEFORE} if verdict else {}
    reading = replace(measured_reading(paths, GRADINGS), warnings=("Tilted by 12° to the left.",))
    path = tmp_path / "report.dcm"
    path.write_bytes(exported(paths, reading=reading, **changes)[REPORT_DICOM])
    assert errors_in(path) == []
    printed = dumped("dsrdump", "+Pl", path)
    assert '(84020006,SCT,"L4/L5 disc")' in printed
    assert '"Probability of disc herniation")="0.8312"' in printed
    assert "Tilted by 12° to the left." in printed
    assert '"Cobb angle")="41.2346"' in printed
    assert ("Disc herniation by the reviewer" in printed) == bool(verdict)
    assert 'Pfirrmann grade by the model")=(PFIRRMANN-4,99DISCAI,"Pfirrmann grade 4")' in printed
    assert ("Modic changes beside the disc by the reviewer" in printed) == bool(verdict)
