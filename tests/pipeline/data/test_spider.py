"""The SPIDER patients as examples."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from discai.errors import PermanentError
from discai.segmentation.grid import PIXEL_MM, NetworkGrid
from discai.segmentation.signature import CHANNELS
from pipeline.data.examples import UNKNOWN
from pipeline.data.spider import Spider, lowest_component, read_ivd_volumes, targets_on


@pytest.fixture(scope="module")
def spider(data_dir):
    return Spider(data_dir)


def test_unknown_channels_and_padding_weigh_nothing():
    grid = NetworkGrid((40, 40), (PIXEL_MM, PIXEL_MM))
    disc = np.zeros((1, 40, 40), bool)
    disc[0, 10:20, 5:25] = True
    (target,) = targets_on(grid, {"disc": disc})
    assert (target[:40, :40, 0] == disc[0]).all()
    assert (target[..., 1:] == UNKNOWN).all()
    assert (target[40:] == UNKNOWN).all()
    assert (target[:, 40:] == UNKNOWN).all()


def test_the_lowest_disc_is_found_and_crumbs_are_not_it():
    discs = np.zeros((4, 100, 60), bool)
    discs[:, 20:30, 10:40] = True
    discs[:, 60:70, 10:40] = True
    discs[0, 90, 10:13] = True
    lowest = lowest_component(discs)
    assert lowest.sum() == 4 * 10 * 30
    assert lowest[:, 60:70, 10:40].all()


@pytest.fixture
def made_up(tmp_path) -> Path:
    """A data folder with one mid-slice and one volume, of which only the tables are whole."""
    mid_slice: dict[str, Any] = {
        "patient": 12, "subset": "training", "sequence": "t2", "mid_slice_usable": True,
        "boxes_trusted": False, "stored_spacing_mm": [1.0, 1.0], "num_discs": 5,
    }  # fmt: skip
    for folder in ("midslices", "space_volumes"):
        (tmp_path / "spider" / folder).mkdir(parents=True)
    for name, table in (
        ("midslices", {"12_t2": mid_slice}),
        ("space_volumes", {"12": {"subset": "training"}}),
    ):
        (tmp_path / "spider" / f"{name}.json").write_text(json.dumps(table))
    return tmp_path


@pytest.mark.parametrize("damage", [None, b"", b"no picture"])
def test_a_mid_slice_that_is_missing_or_damaged_is_named(made_up, damage):
    if damage is not None:
        (made_up / "spider" / "midslices" / "12_t2.png").write_bytes(damage)
    with pytest.raises(PermanentError, match=r"midslices/12_t2\.png") as raised:
        list(Spider(made_up).mid_slices("train"))
    assert raised.value.code == "data-damaged"
    assert str(made_up) not in raised.value.message


@pytest.mark.parametrize("damage", [None, b"", b"no volume"])
def test_a_volume_that_is_missing_or_damaged_is_named(made_up, damage):
    if damage is not None:
        (made_up / "spider" / "space_volumes" / "12.mha").write_bytes(damage)
    with pytest.raises(PermanentError, match=r"space_volumes/12\.mha"):
        list(Spider(made_up).volumes("train"))


@pytest.mark.parametrize("damage", [None, b"", b"[]", b"\xff{"])
def test_a_table_that_is_missing_or_damaged_is_named(made_up, damage):
    table = made_up / "spider" / "midslices.json"
    table.unlink()
    if damage is not None:
        table.write_bytes(damage)
    with pytest.raises(PermanentError, match=r"spider/midslices\.json") as raised:
        Spider(made_up)
    assert raised.value.code == "data-damaged"


def test_no_patient_is_in_two_subsets(spider):
    train, tune, test = (spider.patients(subset) for subset in ("train", "tune", "test"))
    assert all((train, tune, test))
    assert not train & tune
    assert not train & test
    assert not tune & test


def test_the_official_validation_patients_are_the_test_fold(spider):
    assert len(spider.patients("test")) == 30
    assert {11, 35, 61, 107, 129, 136, 152, 161, 234} <= spider.patients("test")


@pytest.mark.parametrize("subset", ["train", "tune", "test"])
def test_examples_come_from_patients_of_their_subset_only(spider, subset):
    examples = spider.space_examples(subset) + spider.level_mask_examples(subset)
    assert {example.patient for example in examples} <= spider.patients(subset)
    assert len({example.name for example in examples}) == len(examples)
    for example in examples:
        assert example.target.shape == (*example.image.shape, len(CHANNELS))
        assert set(np.unique(example.target)) <= {0, 1, UNKNOWN}


def test_mid_slices_come_from_patients_of_their_subset_only(spider):
    for subset in ("train", "tune", "test"):
        assert {mid.patient for mid in spider.mid_slices(subset)} <= spider.patients(subset)


def test_outlined_slices_have_the_pitch_of_a_spine(spider):
    """Their spacing is worked out from the patient's mid-slice; a wrong one shows here."""
    for example in spider.level_mask_examples("train"):
        disc = example.target[..., CHANNELS.index("disc")] == 1
        vertebra = example.target[..., CHANNELS.index("vertebra")] == 1
        length_mm = np.ptp(np.nonzero(disc | vertebra)[0]) * PIXEL_MM
        assert 80 < length_mm < 330


def test_the_lowest_disc_of_each_volume_touches_every_middle_slice(spider):
    for volume in spider.volumes("tune"):
        rows = np.nonzero(volume.masks["disc"])[1]
        lowest = np.nonzero(volume.masks["l5s1_disc"])[1]
        assert lowest.max() >= rows.max() - 40
        middle = len(volume.voxels) // 2
        assert volume.masks["l5s1_disc"][middle].any()


def test_the_other_scanners_volumes_have_discs_only(data_dir):
    for volume in read_ivd_volumes(data_dir):
        assert set(volume.masks) == {"disc", "l5s1_disc"}
        assert volume.masks["l5s1_disc"].sum() < volume.masks["disc"].sum() / 3
