import shutil

import numpy as np
import pytest

from discai.herniation import network as herniation
from discai.herniation.network import HerniationEnsemble
from discai.manifest import HERNIATION_FILE, SEGMENTATION_FILE, Thresholds, write_manifest
from discai.phantom import PhantomOptions, draw_phantom
from discai.predictor import Predictor, built_in_model
from discai.segmentation import network as segmentation
from pipeline.commands.bootstrap import describe, kept_crops
from pipeline.data.folder import DataFolder
from pipeline.data.phantoms import herniated_level, write_data
from pipeline.training.crops import cut_crops

THRESHOLDS = Thresholds(disc=0.5, vertebra=0.5, canal=0.5, herniation=0.5)


def test_crops_are_cut_out_of_a_data_folder_once_and_kept(tmp_path):
    write_data(tmp_path, patients=3)
    patients = DataFolder(tmp_path)
    segment = segmentation.compiled(segmentation.load(built_in_model() / SEGMENTATION_FILE))
    scans = patients.graded_scans(("train", "tune"))
    crops = kept_crops(tmp_path / "crops", lambda: cut_crops(scans, segment, THRESHOLDS))
    may_train = patients.patients("train") | patients.patients("tune")
    assert {crop.patient for crop in crops} == may_train
    assert len(crops) == 5 * len({crop.series for crop in crops})
    assert {(c.patient, c.level) for c in crops if c.herniation} == {
        (patient, herniated_level(patient))
        for patient in {crop.patient for crop in crops}
        if herniated_level(patient)
    }
    again = kept_crops(tmp_path / "crops", lambda: pytest.fail("cut twice"))
    assert [crop.series for crop in again] == [crop.series for crop in crops]
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(again, crops, strict=True))


def test_a_described_folder_of_weights_is_a_version_that_the_predictor_takes(tmp_path):
    folder = tmp_path / "2026-11-25z"
    folder.mkdir()
    network = HerniationEnsemble()
    network.calibrate(0.0, -2.0)
    herniation.save(network, folder / HERNIATION_FILE)
    shutil.copy(built_in_model() / SEGMENTATION_FILE, folder)
    files = (SEGMENTATION_FILE, HERNIATION_FILE)
    write_manifest(folder, describe(folder, files, THRESHOLDS, f"sha256:{'0' * 64}"))
    predictor = Predictor.load(folder)
    assert predictor.model_version == "2026-11-25z"
    phantom = draw_phantom(PhantomOptions(slices=3, spacing_mm=(4.0, 0.6, 0.6)))
    discs = predictor.read(phantom.scan).discs
    assert [disc.herniation for disc in discs] == pytest.approx([1 / (1 + np.e**2)] * 5)
