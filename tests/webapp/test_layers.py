"""The web app's imports go one way: a deliberate mistake for each pair of folders is noticed."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

WEBAPP = Path(__file__).resolve().parents[2] / "webapp"
OXLINT = WEBAPP / "node_modules" / ".bin" / "oxlint"

GENERATED = {"records"}
#: Rules about documents, each a module of its own.
RULES = {"places", "verdict", "visit"}
BELOW_FEATURES = GENERATED | RULES | {"cloud", "ui"}
REVIEW = "features/review"
FOLDERS_OF_REVIEW = (
    "beside",
    "case",
    "distances",
    "editing",
    "gradings",
    "measures",
    "picture",
    "readers",
    "reason",
    "report",
    "study",
)

# What each folder may import; of another feature no more than the module named here.
MAY_IMPORT = {
    "cloud": GENERATED,
    "ui": GENERATED,
    "features/labels": BELOW_FEATURES,
    "features/models": BELOW_FEATURES,
    "features/session": BELOW_FEATURES,
    "features/upload": BELOW_FEATURES,
    "features/worklist": BELOW_FEATURES,
    f"{REVIEW}/editing": BELOW_FEATURES | {"features/labels/outbox"},
    f"{REVIEW}/picture": BELOW_FEATURES | {f"{REVIEW}/editing"},
    f"{REVIEW}/readers": BELOW_FEATURES | {f"{REVIEW}/editing", f"{REVIEW}/picture"},
    f"{REVIEW}/case": BELOW_FEATURES
    | {f"{REVIEW}/editing", f"{REVIEW}/picture", "features/worklist/worklist"},
    f"{REVIEW}/measures": BELOW_FEATURES | {f"{REVIEW}/editing"},
    f"{REVIEW}/gradings": BELOW_FEATURES | {f"{REVIEW}/editing"},
    f"{REVIEW}/reason": BELOW_FEATURES | {f"{REVIEW}/editing", f"{REVIEW}/picture"},
    f"{REVIEW}/distances": BELOW_FEATURES | {f"{REVIEW}/picture"},
    f"{REVIEW}/report": BELOW_FEATURES | {f"{REVIEW}/picture"},
    f"{REVIEW}/study": BELOW_FEATURES,
    f"{REVIEW}/beside": BELOW_FEATURES | {f"{REVIEW}/picture", f"{REVIEW}/study"},
    REVIEW: BELOW_FEATURES
    | {f"{REVIEW}/{folder}" for folder in FOLDERS_OF_REVIEW}
    | {"features/labels/outbox", "features/worklist/worklist"},
}
MODULES = {
    "app",
    "header",
    "main",
    "start",
    "records",
    *RULES,
    "features/labels/outbox",
    "features/worklist/worklist",
    f"{REVIEW}/review-page",
    f"{REVIEW}/sidebar",
}
FOLDERS = (MAY_IMPORT.keys() - {REVIEW}) | {"testing"}

pytestmark = [
    pytest.mark.skipif(not OXLINT.exists(), reason="needs Node.js and `npm ci` in webapp/"),
]


def refused(web: Path) -> set[str]:
    """The files, relative to `web/src`, in which oxlint finds a forbidden import or a circle."""
    shutil.copy(WEBAPP / ".oxlintrc.json", web)
    run = subprocess.run(
        [OXLINT, "--format", "json", "src"],
        cwd=web,
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    return {
        str(Path(found["filename"]).relative_to("src"))
        for found in json.loads(run.stdout)["diagnostics"]
        if found["code"] in ("eslint(no-restricted-imports)", "import(no-cycle)")
    }


def write_import(web: Path, name: str, target: str) -> None:
    file = web / "src" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    path = os.path.relpath(web / "src" / target, file.parent)
    path = path if path.startswith(".") else f"./{path}"
    file.write_text(f'import type {{ It }} from "{path}";\n\nexport const it: It | null = null;\n')


def test_every_import_against_the_layers_is_refused_and_no_other(tmp_path: Path) -> None:
    expected = set()
    targets = {folder: f"{folder}/some-module" for folder in FOLDERS}
    targets |= {module: module for module in MODULES}
    for folder, allowed in MAY_IMPORT.items():
        for number, (name, module) in enumerate(sorted(targets.items())):
            if name == folder or module.rpartition("/")[0] == folder:
                continue
            file = f"{folder}/imports-{number}-{name.replace('/', '-')}.ts"
            write_import(tmp_path, file, module)
            if name not in allowed:
                expected.add(file)
    assert refused(tmp_path) == expected
    assert len(expected) > 100


@pytest.mark.parametrize("target", ["app", "features/worklist/worklist", "ui/format"])
def test_rules_about_documents_know_no_page(tmp_path: Path, target: str) -> None:
    for rule in RULES:
        write_import(tmp_path, f"{rule}.ts", target)
    assert refused(tmp_path) == {f"{rule}.ts" for rule in RULES}


def test_tests_may_use_the_fakes(tmp_path: Path) -> None:
    write_import(tmp_path, "ui/some.test.ts", "testing/fake-cloud")
    write_import(tmp_path, "ui/some.ts", "testing/fake-cloud")
    assert refused(tmp_path) == {"ui/some.ts"}


def test_a_circle_is_refused_even_one_of_types(tmp_path: Path) -> None:
    write_import(tmp_path, "cloud/one.ts", "cloud/other")
    write_import(tmp_path, "cloud/other.ts", "cloud/one")
    assert refused(tmp_path) == {"cloud/one.ts", "cloud/other.ts"}


def test_every_folder_and_every_module_beside_them_has_its_layer() -> None:
    source = WEBAPP / "src"
    beside = {file.name.partition(".")[0] for file in source.glob("*.ts*")}
    generated = {"anatomy", "limits", "records", "search-terms"}
    assert beside == generated | {name for name in MODULES if "/" not in name}
    holding_modules = {
        str(file.parent.relative_to(source)) for file in source.rglob("*.ts*") if file.is_file()
    }
    assert holding_modules == MAY_IMPORT.keys() | {".", "testing"}
