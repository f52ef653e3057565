"""Builds the wheel and the source archive of `discai` that are published, for `make dist`:

    uv run python distribution/build.py dist

The workspace's own `discai` has few dependencies, since functions install it. What is published
reads scans by itself: it requires what the extras of `READS` bring, and holds the newest weights.
All else is as `discai/pyproject.toml` says. With REPOSITORY_URL in the environment (of a tag, such
as `https://github.com/OWNER/NAME/blob/v0.2.0`) the description's links lead there; without, its
picture is held by the description itself, and links are left as words.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from discai.manifest import MANIFEST_NAME, manifest_in
from discai.predictor import built_in_model

ROOT: Final = Path(__file__).resolve().parents[1]
HERE: Final = Path(__file__).parent
#: Extras of `discai/pyproject.toml` without which nothing is read.
READS: Final = ("python",)
LICENCES: Final = {"LICENSE": "LICENSE", "discai/weights/LICENSE": "LICENSE-weights"}
_SELF: Final = re.compile(r"discai\[([\w,-]+)\]")
_LINK: Final = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:)([^)#\s]+)\)")


def main() -> None:
    """Writes both files into the folder that is named; earlier ones of DiscAI there are removed."""
    out = Path(sys.argv[1]).resolve()
    for earlier in out.glob("discai-*"):
        earlier.unlink()
    staged = ROOT / "build" / "dist"
    stage(staged, os.environ.get("REPOSITORY_URL", ""))
    subprocess.run(["uv", "build", "--quiet", "--out-dir", str(out), str(staged)], check=True)
    for made in sorted(out.glob("discai-*")):
        print(f"{made.name}: {made.stat().st_size / 1e6:.1f} MB")


def stage(target: Path, repository_url: str) -> None:
    """Writes the project to be built into a folder, in place of an earlier one."""
    shutil.rmtree(target, ignore_errors=True)
    for source in sources():
        copy = target / source
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / source, copy)
    for licence, name in LICENCES.items():
        shutil.copyfile(ROOT / licence, target / name)
    shutil.copyfile(ROOT / "CITATION.cff", target / "CITATION.cff")
    text = (HERE / "README.md").read_text(encoding="utf-8")
    (target / "README.md").write_text(description(text, repository_url), encoding="utf-8")
    own = tomllib.loads((ROOT / "discai" / "pyproject.toml").read_text(encoding="utf-8"))
    project = published(own["project"], repository_url)
    lines = [*in_toml("project", project), *in_toml("build-system", own["build-system"])]
    lines += in_toml("tool.hatch.build.targets.wheel", {"packages": ["discai"]})
    (target / "pyproject.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def sources() -> Iterator[Path]:
    """The package's files by their paths in the repository: of weights what the newest need."""
    model = built_in_model().relative_to(ROOT)
    weights = model.parent
    for path in sorted((ROOT / "discai").rglob("*")):
        source = path.relative_to(ROOT)
        is_code = "__pycache__" not in source.parts and source.name != "pyproject.toml"
        if path.is_file() and is_code and weights not in source.parents:
            yield source
    for name in (MANIFEST_NAME, "MODEL_CARD.md", *manifest_in(ROOT / model).files):
        yield model / name


def published(project: Mapping[str, Any], repository_url: str) -> dict[str, Any]:
    """The `[project]` table that is published, from the workspace's own."""
    extras = project["optional-dependencies"]
    required = [
        *project["dependencies"],
        *(each for name in READS for each in all_of(name, extras)),
    ]
    changed = {
        "dependencies": sorted(set(required)),
        "license": f"{project['license']} AND {manifest_in(built_in_model()).licence}",
        "license-files": sorted(LICENCES.values()),
        "readme": "README.md",
    }
    urls = {"Repository": repository_url} if repository_url else {}
    return {**project, **changed, "urls": urls}


def all_of(extra: str, extras: Mapping[str, list[str]]) -> Iterator[str]:
    """The requirements of an extra, with those of the extras that it names."""
    for requirement in extras[extra]:
        if others := _SELF.fullmatch(requirement):
            for other in others[1].split(","):
                yield from all_of(other, extras)
        else:
            yield requirement


def description(text: str, repository_url: str) -> str:
    """The long description with links that lead somewhere wherever it is read."""

    def turned(link: re.Match[str]) -> str:
        picture, words, target = link.groups()
        file = (HERE / target).resolve()
        if repository_url:
            raw = "?raw=true" if picture else ""
            return f"{picture}[{words}]({repository_url}/{file.relative_to(ROOT)}{raw})"
        if not picture:
            return words
        return f"![{words}](data:image/png;base64,{base64.b64encode(file.read_bytes()).decode()})"

    return _LINK.sub(turned, text)


def in_toml(table: str, values: Mapping[str, Any]) -> Iterator[str]:
    """A table of strings, lists of strings and tables of these, as TOML; JSON's are the same."""
    yield f"[{table}]"
    for key, value in values.items():
        if not isinstance(value, Mapping):
            yield f"{key} = {json.dumps(value, ensure_ascii=False)}"
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from in_toml(f"{table}.{key}", value)


if __name__ == "__main__":
    main()
