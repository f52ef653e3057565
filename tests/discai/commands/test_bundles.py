"""What a person selects becomes scans."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from discai.commands.bundles import bundles_of
from discai.errors import PermanentError
from tests.support.scan_files import picture_bytes

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
    assert bundle.name == "study.zip"
    assert names_in(bundle.pack(tmp_path)) == ["series/1.png"]


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
        bundle.pack(tmp_path)
    with pytest.raises(PermanentError, match=r"There is no .*missing\.mha"):
        bundles_of([tmp_path / "missing.mha"])
