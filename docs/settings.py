"""Writes the README's tables of environment variables from the settings classes:

    uv run python docs/settings.py

A test fails while the README says something else than the classes.
"""

from pathlib import Path

from discai.cloud.environment import variables_of
from discai.cloud.forget import ForgetSettings
from discai.commands.smoke import SmokeSettings
from discai.commands.upload import UploadSettings
from functions.settings import Settings as FunctionSettings
from inference_service.settings import Settings as WorkerSettings

README = Path(__file__).resolve().parents[1] / "README.md"
START, END = "<!-- settings: python docs/settings.py writes this -->\n", "<!-- settings end -->"

DEPLOYABLES = {
    "Functions": FunctionSettings,
    "Worker": WorkerSettings,
    "`discai upload`": UploadSettings,
    "`discai forget`": ForgetSettings,
    "Smoke test (`uv run python -m discai.commands.smoke`)": SmokeSettings,
}


def tables() -> str:
    """Markdown: a table for each deployable."""
    return "\n".join(table(name, kind) for name, kind in DEPLOYABLES.items())


def table(name: str, kind: type) -> str:
    """One deployable's variables; a bold one must be set."""
    lines = [f"| {name} | default | means |", "|---|---|---|"]
    for variable in variables_of(kind):
        shown = f"`{variable.name}`"
        if variable.default is None:
            shown = f"**{shown}**"
        default = f"`{variable.default}`" if variable.default else ""
        lines.append(f"| {shown} | {default} | {variable.meaning} |")
    return "\n".join(lines) + "\n"


def written(readme: str) -> str:
    """The README with today's tables."""
    before, _, rest = readme.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{tables()}\n{END}{after}"


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
