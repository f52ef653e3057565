"""What a person selects becomes scans."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from discai.commands.bundles import bundles_of
from discai.errors import PermanentError
from tests.support.scan_files import mha_bytes, picture_bytes
from tests.support.studies.archives import cases

PICTURE = picture_bytes(np.zeros((4, 4), np.uint8))


def file(path: Path, data: bytes = PICTURE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def names_in(archive: Path) -> list[str]:
    with zipfile.ZipFile(archive) as opened:
        return opened.namelist()


def test_volumes_are_scans_of_their_own(tmp_path):
    paths = [file(tmp_path / name) for name in ("a.mha", "b.NII.GZ", "c.zip")]
    bundles = bundles_of(paths)
    assert [bundle.name for bundle in bundles] == ["a.mha", "b.NII.GZ", "c.zip"]
    assert [bundle.pack(tmp_path) for bundle in bundles] == paths


def test_pictures_selected_together_are_one_scan_whose_names_keep_their_order(tmp_path):
    paths = [file(tmp_path / "knee" / f"slice{i}.png") for i in (1, 10, 2)]
    [bundle] = bundles_of(paths)
    assert bundle.name == "knee.zip"
    assert names_in(bundle.pack(tmp_path)) == ["slice1.png", "slice10.png", "slice2.png"]


def test_pictures_of_one_name_both_stay(tmp_path):
    [bundle] = bundles_of([file(tmp_path / "a" / "1.png"), file(tmp_path / "b" / "1.png")])
    assert names_in(bundle.pack(tmp_path)) == ["00000/1.png", "00001/1.png"]


def test_one_picture_is_sent_as_it_is(tmp_path):
    picture = file(tmp_path / "one.png")
    [bundle] = bundles_of([picture])
    assert (bundle.name, bundle.pack(tmp_path)) == ("one.png", picture)


def test_a_folder_is_one_scan(tmp_path):
    file(tmp_path / "study" / "series" / "1.png")
    file(tmp_path / "study" / "notes.txt", b"left out")
    [bundle] = bundles_of([tmp_path / "study"])
    [scan], left_out = bundle.contents(tmp_path)
    assert scan.name == bundle.name == "study.zip"
    assert names_in(scan.pack(tmp_path)) == ["series/1.png"]
    assert left_out == ()


@pytest.mark.usefixtures("decoding_here")
def test_each_readable_series_of_a_folder_is_sent_and_the_rest_is_named(tmp_path):
    case = cases()["whole-study"]
    for name, content in case.files.items():
        file(tmp_path / "anna" / name, content)
    [bundle] = bundles_of([tmp_path / "anna"])
    scans, left_out = bundle.contents(tmp_path)
    assert [scan.name for scan in scans] == ["anna-1-t1.zip", "anna-2-t2.zip", "anna-3-stir.zip"]
    assert [len(names_in(scan.pack(tmp_path))) for scan in scans] == [7, 7, 7]
    assert {(thing.what, thing.reason, thing.count) for thing in left_out} == case.left_out


def test_a_volume_in_a_folder_is_a_series(tmp_path):
    for name in ("bert.mha", "anna.mha"):
        file(tmp_path / "study" / name, mha_bytes(np.zeros((3, 9, 8), np.uint16)))
    [bundle] = bundles_of([tmp_path / "study"])
    scans, _ = bundle.contents(tmp_path)
    assert [scan.name for scan in scans] == ["study-1-anna.zip", "study-2-bert.zip"]
    assert names_in(scans[0].pack(tmp_path)) == ["anna.mha"]


def test_names_in_an_old_encoding_can_be_sent(tmp_path):
    old = os.fsdecode("Rücken".encode("latin-1"))
    paths = [file(tmp_path / old / f"{old}{i}.png") for i in (1, 2)]
    [single], [folder], [pictures] = map(bundles_of, ([paths[0]], [paths[0].parent], paths))
    names = [single.name, folder.name, pictures.name]
    assert names == ["R&#56572;cken1.png", "R&#56572;cken.zip", "R&#56572;cken.zip"]
    assert names_in(pictures.pack(tmp_path)) == ["R&#56572;cken1.png", "R&#56572;cken2.png"]


def test_a_scan_is_named_after_what_was_typed(tmp_path, monkeypatch):
    pictures = [file(tmp_path / "0815" / f"{i}.png") for i in (1, 2)]
    (tmp_path / "patient").symlink_to("0815")
    (tmp_path / "chosen").mkdir()
    links = [tmp_path / "chosen" / path.name for path in pictures]
    for link, path in zip(links, pictures, strict=True):
        link.symlink_to(path)
    monkeypatch.chdir(tmp_path / "0815")
    names = {
        "patient.zip": [tmp_path / "patient"],
        "chosen.zip": links,
        "0815.zip": [Path("1.png"), Path("2.png")],
        f"{tmp_path.name}.zip": [Path("..")],
        "scan.zip": [Path("/")],
    }
    for name, paths in names.items():
        assert [bundle.name for bundle in bundles_of(paths)] == [name]


def test_a_folder_without_pictures_and_a_path_that_is_not_there_are_refused(tmp_path):
    (tmp_path / "none").mkdir()
    [bundle] = bundles_of([tmp_path / "none"])
    with pytest.raises(PermanentError, match="no DICOM files"):
        bundle.contents(tmp_path)
    with pytest.raises(PermanentError, match=r"There is no .*missing\.mha"):
        bundles_of([tmp_path / "missing.mha"])
