"""Datasets as files: what goes in comes out, under a digest that is the content's."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from discai.cloud.folders import download_folder, upload_folder
from discai.errors import PermanentError
from discai.herniation.crops import CROP_SHAPE
from discai.records.gradings import GRADING_NAMES, LabelledGradings
from discai.records.scans import LabelledBox
from pipeline.retraining.crop_dataset import (
    DatasetCrop,
    digest_of,
    graded,
    is_written,
    read_dataset,
    write_dataset,
)
from pipeline.training.crops import LabelledCrop


def crop(series: str, level: str, herniation: bool, **more) -> DatasetCrop:
    pixels = np.random.default_rng(len(series)).integers(0, 255, CROP_SHAPE).astype(np.uint8)
    gradings = more.pop("gradings", LabelledGradings())
    label = LabelledCrop(series, 7, "t2", 8, level, herniation, pixels, gradings)
    return DatasetCrop(label, **{"source": "original", **more})


@pytest.fixture
def crops() -> list[DatasetCrop]:
    box = LabelledBox(x=1, y=2, width=30, height=9, level="L4-L5", herniation=True)
    return [
        crop("12_t2", "L5-S1", False, gradings=LabelledGradings(pfirrmann=4, modic=False)),
        crop("a" * 26, "L4-L5", True, source="correction", authors=("ab", "cd"), box=box),
        crop("b" * 26, "L1-L2", False, source="acceptance", held_out=True, answered=False),
    ]


def test_a_dataset_comes_back_as_it_was(crops, tmp_path):
    write_dataset(tmp_path / "d", crops)
    back = {each.name: each for each in read_dataset(tmp_path / "d")}
    for one in crops:
        other = back[one.name]
        np.testing.assert_array_equal(other.crop.pixels, one.crop.pixels)
        for field in ("series", "patient", "sequence", "slice", "level", "herniation", "gradings"):
            assert getattr(other.crop, field) == getattr(one.crop, field)
        for field in ("source", "held_out", "authors", "box", "answered"):
            assert getattr(other, field) == getattr(one, field)


def test_the_digest_is_of_the_content_and_of_nothing_else(crops, tmp_path):
    first = write_dataset(tmp_path / "first", crops)
    assert write_dataset(tmp_path / "second", crops[::-1]) == first
    assert digest_of(tmp_path / "second") == first
    assert write_dataset(tmp_path / "third", crops[:2]) != first


def test_no_crop_takes_the_place_of_another(crops, tmp_path):
    with pytest.raises(ValueError, match="named 12_t2-s08-L5-S1"):
        write_dataset(tmp_path / "d", [*crops, crop("12_t2", "L5-S1", True)])
    assert not (tmp_path / "d").exists()


def test_the_table_is_for_people_and_other_programs_too(crops, tmp_path):
    write_dataset(tmp_path / "d", crops)
    table = pd.read_csv(tmp_path / "d" / "labels.csv")
    assert list(table["level"]) == ["L5-S1", "L4-L5", "L1-L2"]
    assert all((tmp_path / "d" / "crops" / name).is_file() for name in table["crop"])


@pytest.mark.parametrize("damage", [None, b"", b"no picture", "another"])
def test_a_crop_that_is_missing_or_damaged_is_named(damage, crops, tmp_path):
    write_dataset(tmp_path / "d", crops)
    file, other = (tmp_path / "d" / "crops" / crop.name for crop in crops[:2])
    if damage is None:
        file.unlink()
    else:
        file.write_bytes(other.read_bytes() if damage == "another" else damage)
    with pytest.raises(PermanentError, match=r"crops/12_t2-s08-L5-S1\.png") as raised:
        read_dataset(tmp_path / "d")
    assert raised.value.code == "dataset-damaged"
    assert str(tmp_path) not in raised.value.message


@pytest.mark.parametrize(
    "damage", [None, b"", b"crop,level\nx.png,L4-L5\n", b"\xff\xfe\xff", b'"a']
)
def test_a_table_that_is_missing_or_damaged_is_named(damage, crops, tmp_path):
    write_dataset(tmp_path / "d", crops)
    if damage is None:
        (tmp_path / "d" / "labels.csv").unlink()
    else:
        (tmp_path / "d" / "labels.csv").write_bytes(damage)
    with pytest.raises(PermanentError, match=r"labels\.csv") as raised:
        read_dataset(tmp_path / "d")
    assert raised.value.code == "dataset-damaged"


def test_a_value_that_says_nothing_is_found_in_its_row(crops, tmp_path):
    write_dataset(tmp_path / "d", crops)
    table = tmp_path / "d" / "labels.csv"
    table.write_text(table.read_text().replace(",7,", ",seven,", 1))
    with pytest.raises(PermanentError, match=r"labels\.csv .*12_t2-s08-L5-S1\.png") as raised:
        read_dataset(tmp_path / "d")
    assert raised.value.code == "dataset-damaged"


def test_a_folder_is_whole_only_with_its_table(cloud, crops, tmp_path):
    bucket = cloud.storage.bucket(cloud.results)
    write_dataset(tmp_path / "d", crops)
    bucket.blob("datasets/x/crops/left-by-a-crash.png").upload_from_string(b"...")
    download_folder(bucket, "datasets/x/", tmp_path / "half")
    assert not (tmp_path / "half" / "labels.csv").exists()
    for _ in range(2):  # a step that is tried again
        upload_folder(bucket, "datasets/x/", tmp_path / "d")
    download_folder(bucket, "datasets/x/", tmp_path / "back")
    assert digest_of(tmp_path / "back") == digest_of(tmp_path / "d")
    assert len(read_dataset(tmp_path / "back")) == len(crops)


def test_a_table_of_an_earlier_version_answers_for_all_its_labels(crops, tmp_path):
    write_dataset(tmp_path / "d", crops)
    table = tmp_path / "d" / "labels.csv"
    pd.read_csv(table).drop(columns="answered").to_csv(table, index=False)
    assert all(crop.answered for crop in read_dataset(tmp_path / "d"))


def test_a_table_of_an_earlier_version_grades_nothing(crops, tmp_path):
    write_dataset(tmp_path / "d", crops)
    assert is_written(tmp_path / "d")
    table = tmp_path / "d" / "labels.csv"
    pd.read_csv(table).drop(columns=list(GRADING_NAMES)).to_csv(table, index=False)
    assert not any(crop.crop.gradings.are_said for crop in read_dataset(tmp_path / "d"))
    assert not is_written(tmp_path / "d")  # so that what is kept from before is cut again
    assert not is_written(tmp_path / "nowhere")


def test_gradings_of_whoever_is_asked_later_teach_nothing(crops):
    told = crop("c" * 26, "L4-L5", False, gradings=LabelledGradings(modic=True), answered=False)
    held_out = replace(told, held_out=True)
    assert graded([*crops, told, held_out]) == [crops[0], told]
