"""Names that several parts must agree on."""

import re

import pytest

from discai.cloud.names import artifact_names, safe_file_name, scan_id, upload_name


def test_a_scan_id_is_the_same_everywhere_and_differs_by_generation():
    # base32(sha256("demo-discai-uploads/a/scan.mha/1700000000000000")), 26 characters
    one = scan_id("demo-discai-uploads", "a/scan.mha", 1700000000000000)
    assert one == "k7e622wzgx7dxug7uakrnn3n2w"
    assert re.fullmatch("[a-z2-7]{26}", one)
    assert scan_id("demo-discai-uploads", "a/scan.mha", 1700000000000001) != one


def test_artifacts_lie_under_the_scan_and_the_model():
    names = artifact_names("abc", "m1")
    assert names.slices.format(7) == "scans/abc/m1/slice-07.png"
    assert names.slices.format(112) == "scans/abc/m1/slice-112.png"
    assert names.prediction == "scans/abc/m1/prediction.json"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("scan.mha", "scan.mha"),
        ("C:\\data\\scan one.nii.gz", "scan_one.nii.gz"),
        ("../../etc/passwd", "passwd"),
        ("Müller, Jörg.zip", "M_ller_J_rg.zip"),
        ("..", "scan"),
        (".hidden", "hidden"),
        ("a" * 300 + ".mha", "a" * 96 + ".mha"),
        ("日本", "_"),
        ("", "scan"),
    ],
)
def test_file_names_become_safe_and_keep_their_suffix(name, safe):
    assert safe_file_name(name) == safe


def test_two_uploads_of_one_name_are_two_objects():
    first, second = upload_name("scan.mha"), upload_name("scan.mha")
    assert first != second
    assert re.fullmatch(r"[0-9a-f]{32}/scan\.mha", first)
