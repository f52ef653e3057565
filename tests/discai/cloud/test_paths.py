"""Names that several parts must agree on."""

import re
from pathlib import Path

import pytest

from discai.cloud import paths
from discai.cloud.paths import artifact_names, file_name_of, safe_file_name, scan_id, upload_name

ROOT = Path(__file__).resolve().parents[3]
#: The rules and the emulators are held to paths that the tests write out; so is `paths` below.
SPELLS_PATHS = (ROOT / "tests" / "infrastructure", Path(__file__), Path(paths.__file__))

_COLLECTIONS = "scans|models|runs|control|reviewers|forgotten"
_WITHIN = "predictions|labels|events|rereads"
_PART = r"[^/\"'*]+"
#: A whole document or collection as a string, and a string where Firestore's client takes a path.
SPELLED = re.compile(
    rf"""["']({_COLLECTIONS})/{_PART}(/({_WITHIN})(/{_PART})?)?["']"""
    rf"""|\.(document|collection)\(f?["']({_COLLECTIONS}|{_WITHIN})\b"""
)


def test_documents_stay_where_firestores_rules_and_clouds_in_use_have_them():
    stored = {
        "scans/s": paths.scan("s"),
        "scans/s/predictions/m": paths.prediction("s", "m"),
        "scans/s/labels/l": paths.label("s", "l"),
        "scans/s/events/e": paths.event("s", "e"),
        "forgotten/s": paths.forgotten("s"),
        "runs/7": paths.run(7),
        "models/m": paths.model("m"),
        "models/m/rereads/s": paths.reread("m", "s"),
        "reviewers/r@x.org": paths.reviewer("r@x.org"),
        "control/production": paths.PRODUCTION,
        "control/retraining": paths.RETRAINING,
    }
    assert stored == {path: path for path in stored}


def test_no_path_of_a_document_is_spelled_elsewhere():
    files = [
        file
        for folder in (
            "discai",
            "functions",
            "inference_service",
            "pipeline",
            "infrastructure",
            "benchmarks",
            "tests",
            "webapp/scripts",
        )
        for file in (ROOT / folder).rglob("*.py")
        if not any(file.is_relative_to(place) for place in SPELLS_PATHS)
    ]
    spelled = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in files
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if SPELLED.search(line)
    ]
    assert len(files) > 200
    assert spelled == []


@pytest.mark.parametrize(
    "line",
    [
        'database.document(f"scans/{scan_id}")',
        'path = f"scans/{scan_id}/predictions/{version}"',
        'document.collection("labels")',
        "found = database.collection('scans')",
        '"control/retraining"',
    ],
)
def test_a_spelled_path_is_noticed(line):
    assert SPELLED.search(line)


def test_a_scan_id_is_the_same_everywhere_and_differs_by_generation():
    # base32(sha256("demo-discai-uploads/a/scan.mha/1700000000000000")), 26 characters
    one = scan_id("demo-discai-uploads", "a/scan.mha", 1700000000000000)
    assert one == "k7e622wzgx7dxug7uakrnn3n2w"
    assert re.fullmatch("[a-z2-7]{26}", one)
    assert scan_id("demo-discai-uploads", "a/scan.mha", 1700000000000001) != one


def test_artifacts_lie_under_the_scan_and_the_model():
    names = artifact_names("abc", "m1")
    assert names.pictures == "scans/abc/m1/pictures.zip"
    assert names.prediction == "scans/abc/m1/prediction.json"
    assert names.thumbnail == "scans/abc/m1/thumbnail.jpg"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("scan.mha", "scan.mha"),
        ("C:\\data\\scan one.nii.gz", "scan_one.nii.gz"),
        ("../../etc/passwd", "passwd"),
        ("Müller, Jörg.zip", "Müller_Jörg.zip"),
        ("Mu\u0308ller.zip", "Müller.zip"),
        ("Иванов Пётр.mha", "Иванов_Пётр.mha"),
        ("כהן.mha", "כהן.mha"),
        ("a\u202e\u200d\x00\n/b c.mha", "b_c.mha"),
        ("a\u202eb\x1f\x7fc.mha", "a_b_c.mha"),
        ("$(rm -rf ~);'\"`|&.mha", "_rm_-rf_.mha"),
        ("王" * 300 + ".mha", "王" * 65 + ".mha"),
        ("..", "scan"),
        (".hidden", "hidden"),
        ("a" * 300 + ".mha", "a" * 96 + ".mha"),
        ("日本", "日本"),
        ("😀", "_"),
        ("", "scan"),
    ],
)
def test_file_names_become_safe_and_keep_their_suffix(name, safe):
    assert safe_file_name(name) == safe


def test_a_file_has_the_name_that_people_see_whatever_its_bytes():
    assert file_name_of("C:\\Пациенты\\Мария 1.mha") == "Мария 1.mha"
    assert file_name_of("a/Mu\u0308ller.mha") == "Müller.mha"


def test_two_uploads_of_one_name_are_two_objects():
    first, second = upload_name("scan.mha"), upload_name("scan.mha")
    assert first != second
    assert re.fullmatch(r"[0-9a-f]{32}/scan\.mha", first)
