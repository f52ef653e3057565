"""Gathers what the documentation's site is built of, for `make docs`:

    uv run python docs/site.py build

The pages of the repository come as they are, their links turned to where they lead on the site; for
each package of Python there is a page made of its docstrings. Zensical makes the site of them, with
`docs/zensical.toml` and the menu of this module.
"""

import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]

#: Where pages that are not under `docs/` come to lie on the site.
OTHER_PAGES: Final = {
    "README.md": "start.md",
    "CONTRIBUTING.md": "contributing/index.md",
    "CHANGELOG.md": "changelog.md",
    "distribution/README.md": "package.md",
    "infrastructure/README.md": "operations/infrastructure.md",
    "infrastructure/local/gcs/README.md": "operations/gcs.md",
}
#: Packages whose docstrings are the API reference, in the order of the menu.
PACKAGES: Final = ("discai", "functions", "inference_service", "pipeline", "infrastructure.local")
LINK: Final = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)")


#: The menu above the API reference, by the pages' places in the repository; a folder's pages follow
#: its index in the order of their names.
MENU: Final = {
    "Home": "docs/README.md",
    "Start": "README.md",
    "Contributing": "docs/contributing",
    "Architecture": "docs/architecture/README.md",
    "Without the repository": "docs/install.md",
    "The package": "distribution/README.md",
    "In Python": "docs/python.md",
    "Predictions over HTTP": "docs/serve.md",
    "On the command line": "docs/cli.md",
    "The api": "docs/api.md",
    "Quantities": "docs/quantities.md",
    "Glossary": "docs/glossary.md",
    "Decisions": "docs/decisions",
    "Operations": "docs/operations",
    "Model": "docs/model",
    "Changelog": "CHANGELOG.md",
}


def main() -> None:
    """Writes `pages/` and `zensical.toml` into a folder; earlier pages there are removed."""
    build = Path(sys.argv[1])
    out = build / "pages"
    shutil.rmtree(out, ignore_errors=True)
    pages = site_pages()
    for source, target in pages.items():
        path = out / target
        path.parent.mkdir(parents=True, exist_ok=True)
        if source.endswith(".md"):
            text = (ROOT / source).read_text(encoding="utf-8")
            path.write_text(on_the_site(text, source, pages), encoding="utf-8")
        else:
            shutil.copyfile(ROOT / source, path)
    shutil.copyfile(ROOT / "docs" / "site.css", out / "site.css")
    for package in packages():
        path = out / "api" / f"{package}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(reference(package), encoding="utf-8")
    settings = (ROOT / "docs" / "zensical.toml").read_text(encoding="utf-8")
    menu = "".join(f"  {entry},\n" for entry in menu_entries(pages))
    (build / "zensical.toml").write_text(settings.replace("nav = []", f"nav = [\n{menu}]"), "utf-8")


def menu_entries(pages: dict[str, str]) -> Iterator[str]:
    """The menu's lines in TOML."""
    for title, place in MENU.items():
        inside = f"{place.removeprefix('docs/')}/"
        if place in pages:
            yield f'{{ "{title}" = "{pages[place]}" }}'
        else:
            below = sorted(p for p in pages.values() if p.startswith(inside) and p.endswith(".md"))
            below.sort(key=lambda p: not p.endswith("/index.md"))
            yield f'{{ "{title}" = {json.dumps(below)} }}'
    reference = [f'{{ "{package}" = "api/{package}.md" }}' for package in packages()]
    yield f'{{ "API reference" = [{", ".join(reference)}] }}'


def site_pages() -> dict[str, str]:
    """The place on the site of every page and picture, by its path in the repository."""
    pages = {}
    for path in sorted((ROOT / "docs").rglob("*")):
        if path.suffix in (".md", ".png", ".svg", ".csv"):
            place = path.relative_to(ROOT / "docs")
            place = place.with_name("index.md") if place.name == "README.md" else place
            pages[str(path.relative_to(ROOT))] = str(place)
    cards = sorted((ROOT / "discai" / "weights").glob("*/MODEL_CARD.md"))
    pages |= {str(card.relative_to(ROOT)): f"model/card-{card.parent.name}.md" for card in cards}
    return pages | {name: place for name, place in OTHER_PAGES.items() if (ROOT / name).is_file()}


def on_the_site(text: str, source: str, pages: dict[str, str]) -> str:
    """A page with its links as the site has them; what the site lacks is named without a link."""
    here = Path(pages[source]).parent

    def turned(link: re.Match[str]) -> str:
        picture, words, target, anchor = link.groups()
        path = (ROOT / source).parent.joinpath(target).resolve().relative_to(ROOT)
        place = place_of(path, pages)
        if place is None:
            return words
        steps = [".."] * len(here.parts)
        return f"{picture}[{words}]({'/'.join([*steps, place])}{anchor or ''})"

    # The site's Markdown wants an empty line before a list, which other readers do without.
    text = re.sub(r"^([^\s|>\-*#].*)\n(?=- |\d\. )", r"\1\n\n", text, flags=re.MULTILINE)
    return LINK.sub(turned, text)


def place_of(path: Path, pages: dict[str, str]) -> str | None:
    """Place of a file of the repository on the site: a page, or its package's reference."""
    for name in (str(path), str(path / "README.md")):
        if name in pages:
            return pages[name]
    known = {Path(*package.split(".")): package for package in packages()}
    if path in known:
        return f"api/{known[path]}.md"
    if path.suffix == ".py" and path.parent in known:
        module = ".".join(path.with_suffix("").parts)
        return f"api/{known[path.parent]}.md#{module}"
    return None


def packages() -> Iterator[str]:
    """Every package with an API page, such as `discai.scan`."""
    for name in PACKAGES:
        folder = ROOT.joinpath(*name.split("."))
        for path in sorted(folder.rglob("__init__.py")):
            yield ".".join(path.parent.relative_to(ROOT).parts)


def reference(package: str) -> str:
    """The page of a package: its own docstring, then its modules."""
    folder = ROOT.joinpath(*package.split("."))
    modules = [path.stem for path in sorted(folder.glob("*.py")) if not path.stem.startswith("__")]
    itself = f"::: {package}\n    options:\n      members: false\n      show_root_heading: false"
    lines = [f"# {package}", itself]
    lines += [f"::: {package}.{module}" for module in modules]
    return "\n\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
