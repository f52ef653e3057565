"""The pages name only what is there: files, modules, classes, settings, targets of make.

What stands in backticks in a page is looked up in the sources; so is what pages tell to run. The
README's commands are run by `test_readme.py`.
"""

import ast
import functools
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.checkout import ROOT

#: Its older entries name what was there then.
CHANGELOG = ROOT / "CHANGELOG.md"
PACKAGES = ("discai", "functions", "inference_service", "pipeline", "infrastructure", "tests")
#: Endings of files that belong to the repository; others (`labels.csv`) are written while it runs.
SOURCES = re.compile(r"\.(py|ts|tsx|mjs|css|tf|hcl|sh|rules|toml|md)$")
#: What pages name although it is not there, and what only looks like a name of the code.
NOT_HERE = {
    "packages/discai/src/discai/predictor.py",  # where other projects would have it
    ".terraform.lock.hcl",  # made by whoever deploys
    "precise_0",  # OpenVINO's
    "PATIENT_SEQUENCE",  # stands for names of series
    "PATIENT_t2_SPACE",
    "ifGenerationNotMatch",  # Google's
    "ifMetagenerationNotMatch",
    "ifSourceGenerationMatch",
    "discai/scan/gipl.py",  # the example of a recipe
}


@functools.cache
def tracked() -> frozenset[str]:
    """Every file that git keeps or would keep, by its path from the root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return frozenset(name for name in listed.stdout.splitlines() if (ROOT / name).is_file())


@functools.cache
def folders() -> frozenset[str]:
    """Every folder that holds one of those files."""
    return frozenset(str(parent) for name in tracked() for parent in Path(name).parents)


@functools.cache
def written() -> str:
    """The text of all sources, without pages."""
    kinds = (".py", ".ts", ".tsx", ".mjs", ".css", ".tf", ".hcl", ".sh", ".rules", ".json", ".toml")
    names = [name for name in sorted(tracked()) if name.endswith((*kinds, ".yaml", "file"))]
    mine = Path(__file__).name
    return "\n".join(
        (ROOT / name).read_text(encoding="utf-8") for name in names if not name.endswith(mine)
    )


@functools.cache
def words() -> frozenset[str]:
    """Every word of the sources."""
    return frozenset(re.findall(r"\w+", written()))


def pages() -> list[str]:
    """All pages but the changelog."""
    return sorted(n for n in tracked() if n.endswith(".md") and ROOT / n != CHANGELOG)


def terms(page: str) -> list[str]:
    """What stands in backticks outside of command blocks."""
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"`([^`\n]+)`", text)


def is_there(term: str, page: str) -> bool:
    """Look one term up; what can't be looked up counts as being there."""
    if term in NOT_HERE:
        return True
    if re.fullmatch(r"[\w.@-]+(/[\w.@-]+)*/?", term) and ("/" in term or SOURCES.search(term)):
        return is_file(term, page)
    if re.fullmatch(r"\w+(\.\w+)+", term) and term.split(".")[0] in PACKAGES:
        return is_module(term) or term in written()
    if re.fullmatch(r"\w*(_|[a-z][A-Z])\w*", term):
        return term in words() or snake_case(term) in words()
    return True


def snake_case(term: str) -> str:
    """A field of a document as the records' classes name it."""
    return re.sub(r"(?<=[a-z0-9])[A-Z]", lambda letter: f"_{letter[0].lower()}", term)


def is_module(term: str) -> bool:
    """Look up a module, or what it defines, such as `pipeline.data.splits.held_out`."""
    parts = term.split(".")
    for count in range(len(parts), 0, -1):
        path, rest = "/".join(parts[:count]), parts[count:]
        file = next((f for f in (f"{path}.py", f"{path}/__init__.py") if f in tracked()), None)
        if file:
            return not rest or defines(ROOT / file, rest)
        if path in folders():
            return not rest
    return False


def defines(file: Path, names: list[str]) -> bool:
    """Look up a name that a module defines or imports, then one of the class that it is."""
    body = ast.parse(file.read_text(encoding="utf-8")).body
    for name in names:
        found = [node for node in body if name in named_by(node)]
        if not found:
            return False
        body = getattr(found[0], "body", [])
    return True


def named_by(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return {node.target.id}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name for alias in node.names}
    return set()


def is_file(term: str, page: str) -> bool:
    """Look up a path from the root, from the page, from the web app's sources; a name anywhere.

    Paths that begin in none of these places are names in buckets, documents or other people's
    repositories, unless they end as sources do.
    """
    path = term.rstrip("/")
    starts = ("", f"{Path(page).parent}/", "webapp/src/")
    candidates = {str(Path(f"{start}{path}")) for start in starts}
    if candidates & (tracked() | folders()) or (ROOT / Path(page).parent / path).exists():
        return True
    if "/" not in path:
        return any(Path(name).name == path for name in tracked()) or path in words()
    first = path.split("/")[0]
    begins_here = first in folders() and first in (*PACKAGES, "docs", "webapp", "benchmarks")
    return not (begins_here or SOURCES.search(path))


@pytest.mark.parametrize("page", pages())
def test_what_stands_in_backticks_is_there(page: str) -> None:
    assert not [term for term in terms(page) if not is_there(term, page)]


def test_targets_of_make_and_scripts_of_npm_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([\w/.-]+):", makefile, re.MULTILINE))
    kinds = re.search(r"^KINDS := (.*)$", makefile, re.MULTILINE)
    targets |= {f"test-{kind}" for kind in kinds[1].split()} if kinds else set()
    scripts = (ROOT / "webapp" / "package.json").read_text("utf-8")
    for page in pages():
        text = (ROOT / page).read_text(encoding="utf-8")
        typed = re.findall(r"(?:^|`|&& )make ([a-z][\w-]*)", text, re.MULTILINE)
        assert not set(typed) - targets, page
        for script in re.findall(r"npm run (?:--\S+ )*([\w:-]+)", text):
            assert f'"{script}": ' in scripts, page


def test_a_term_that_is_not_there_is_noticed() -> None:
    page = "docs/architecture/README.md"
    for term in (
        "discai/records.py",
        "pipeline.settings",
        "discai.cloud.retraining_settings.NoSuchSettings",
        "no-such-file.ts",
        "NoSuchClass",
        "no_such_function",
    ):
        assert not is_there(term, page), term
    for term in ("discai.records.scans.Disc.level", "ui/shortcuts.ts", "runs/discs/", "sha256"):
        assert is_there(term, page), term


def test_every_decision_has_a_date_and_a_status_and_stands_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    for page in sorted(folder.glob("0*.md")):
        title, _, text = page.read_text(encoding="utf-8").partition("\n\n")
        head = re.match(r"(Accepted|Superseded by \[.*\]\(.*\)), (20\d\d-\d\d-\d\d)\.", text)
        assert head, page.name
        number, _, name = title.removeprefix("# ").partition(". ")
        row = f"| {number} | [{name}]({page.name}) | {head[1].lower()} | {head[2]} |"
        assert row in index, page.name


def test_what_lies_within_a_list_is_indented_as_the_site_needs_it() -> None:
    for page in [*pages(), CHANGELOG.name]:
        text = (ROOT / page).read_text(encoding="utf-8")
        assert not re.findall(r"^ {1,3}(?:[-*] |```|\|).*", text, re.MULTILINE), page


def test_contributing_has_the_layers_of_the_contracts() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    layered = [each for each in linter["contracts"] if each["type"] == "layers"]
    assert len(layered) == 5
    for contract in layered:
        levels = [re.sub(r"(\w+)", r"`\1`", level) for level in contract["layers"]]
        assert "; ".join(levels).replace(" | ", ", ") in text, contract["name"]


def test_the_readme_has_every_letter_that_is_a_key() -> None:
    table = (ROOT / "webapp" / "src" / "ui" / "shortcuts.ts").read_text(encoding="utf-8")
    keys = re.findall(r"keys: \[([^\]]*)\]", table)
    letters = {key for line in keys for key in re.findall(r'"([A-Za-z])"', line)}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(letters) > 10
    assert not {letter for letter in letters if f"`{letter}`" not in readme}


def test_every_page_stands_in_the_menu_of_the_site() -> None:
    site = runpy.run_path(str(ROOT / "docs" / "site.py"))
    pages = site["site_pages"]()
    menu = "\n".join(site["menu_entries"](pages))
    assert not [p for p in pages.values() if p.endswith(".md") and f'"{p}"' not in menu]


def test_every_page_of_the_docs_stands_in_their_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    linked = {
        str((ROOT / "docs" / link).resolve())
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", index)
    }
    listed = [p for p in (ROOT / "docs").rglob("*.md") if p.parent.name != "decisions"]
    missing = [p for p in listed if str(p) not in linked and p != ROOT / "docs" / "README.md"]
    assert not missing


def test_all_packages_have_the_newest_version_of_the_changelog() -> None:
    released = re.findall(r"^## \[(\d[^]]*)\] - 20", CHANGELOG.read_text("utf-8"), re.MULTILINE)
    projects = [ROOT / name for name in tracked() if name.endswith("pyproject.toml")]
    versions = {
        project.parent.name: tomllib.loads(project.read_text("utf-8"))["project"]["version"]
        for project in projects
    }
    assert set(versions.values()) == {released[0]}, versions


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    here = [sys.executable, str(ROOT / "docs" / "site.py"), str(tmp_path)]
    subprocess.run(here, check=True)
    zensical = Path(sys.executable).with_name("zensical")
    built = subprocess.run(
        [zensical, "build", "--strict"], cwd=tmp_path, capture_output=True, encoding="utf-8"
    )
    assert built.returncode == 0, built.stderr
    reference = (tmp_path / "docs" / "api" / "discai.records.html").read_text(encoding="utf-8")
    assert 'id="discai.records.scans.ScanRecord"' in reference
