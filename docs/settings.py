"""Writes docs/operations/settings.md from the settings classes:

    uv run python docs/settings.py

A test fails while the page says something else than the classes.
"""

from pathlib import Path

from discai.cloud.archive_settings import ArchiveSettings
from discai.cloud.backfill import BackfillSettings
from discai.cloud.environment import EnvironmentSettings, own_fields
from discai.cloud.forget import ForgetSettings
from discai.cloud.retraining_settings import RetrainingSettings
from discai.commands.smoke import SmokeSettings
from discai.commands.upload import UploadSettings
from discai.commands.watch_archive import WatchSettings
from functions.settings import Settings as FunctionSettings
from inference_service.settings import Settings as WorkerSettings
from infrastructure.local.prerequisites.emulator_files import DOWNLOADS_URL
from pipeline.commands.simulate_labels import SimulationSettings

PAGE = Path(__file__).resolve().parent / "operations" / "settings.md"

INTRODUCTION = """\
# Settings

<!-- python docs/settings.py writes this page -->

Each program reads its settings once, at its start, from environment variables; an empty variable
counts as unset. It refuses to start with a sentence that names whatever is missing or wrong. A
variable in bold must be set. Terraform sets those of the functions and of the worker
(`infrastructure/functions.tf`, `infrastructure/inference.tf`). Addresses of emulators, such as
`FIRESTORE_EMULATOR_HOST`, are Google's own variables.
"""

#: Title, what is said of it, and the settings.
SECTIONS: tuple[tuple[str, str, type[EnvironmentSettings]], ...] = (
    ("Functions", "All functions read the same.", FunctionSettings),
    (
        "Retraining",
        "The functions read these as well once `PIPELINE_TEMPLATE` is set; before that, labels\n"
        "are only counted. `uv run python -m pipeline.run_pipeline` takes each as an option, too,\n"
        "such as `--tuning-trials` for `TUNING_TRIALS`. A run keeps those that it began with.",
        RetrainingSettings,
    ),
    ("Worker", "The service that reads scans.", WorkerSettings),
    (
        "Archive",
        "The worker reads these as well where `DICOMWEB_URL` is set. `make up PACS=1` sets it.",
        ArchiveSettings,
    ),
    (
        "`discai upload`",
        "`set -a; . .local/env; set +a` sets them for the local cloud.",
        UploadSettings,
    ),
    ("`discai forget`", "The places that one scan's data is removed from.", ForgetSettings),
    ("`discai backfill-studies`", "The project whose scans get keys.", BackfillSettings),
    (
        "Watch of an archive",
        "`uv run python -m discai.commands.watch_archive`, for an archive that tells nobody of\n"
        "what it stores.",
        WatchSettings,
    ),
    ("Smoke test", "`uv run python -m discai.commands.smoke`.", SmokeSettings),
    (
        "Simulated reviewers",
        "`uv run python -m pipeline.simulate_labels`, beside those of `discai upload`.",
        SimulationSettings,
    ),
)


#: Read before any package is installed, so there is no settings class: variable, default, meaning.
FIRST_STEPS = (
    (
        "FIRESTORE_EMULATOR_BINARY_PATH",
        "",
        "JAR of Firestore's emulator, before any that is found.",
    ),
    ("PUBSUB_EMULATOR_BINARY_PATH", "", "JAR of Pub/Sub's emulator, before any other."),
    (
        "FIREBASE_EMULATORS_PATH",
        "~/.cache/firebase/emulators",
        "Folder to which emulators are fetched; Firebase's own tools read the same variable.",
    ),
    (
        "EMULATOR_COPIES",
        "",
        "Folder with copies of the files in `infrastructure/local/prerequisites/pins.json`, for a "
        "machine without a network.",
    ),
    ("EMULATOR_DOWNLOADS_URL", DOWNLOADS_URL, "Address below which these files are."),
    (
        "JAVA_HOME",
        "",
        "Java that runs the emulators; else the one on `PATH`, if it is new enough.",
    ),
    ("HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY", "", "Proxies, and hosts that need none."),
    (
        "SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE",
        "",
        "File of certificates to trust; else the system's.",
    ),
)


def page() -> str:
    """Markdown: a section with a table for each settings class."""
    sections = (
        f"## {title}\n\n{remark}\n\n{table(settings)}" for title, remark, settings in SECTIONS
    )
    return "\n".join([INTRODUCTION, *sections, first_steps()])


def first_steps() -> str:
    """The variables that count before anything is installed."""
    remark = "`make up` and `make test` read these first ([more](local.md#what-it-needs))."
    lines = [
        f"| `{name}` | {f'`{default}`' if default else ''} | {meaning} |"
        for name, default, meaning in FIRST_STEPS
    ]
    table = ["| variable | default | meaning |", "|---|---|---|", *lines]
    return "\n".join(["## First steps on a machine", "", remark, "", *table]) + "\n"


def table(settings: type[EnvironmentSettings]) -> str:
    """One program's variables; a bold one must be set."""
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in own_fields(settings).items():
        variable = f"`{name.upper()}`"
        if field.is_required():
            lines.append(f"| **{variable}** |  | {field.description} |")
        else:
            default = "" if str(field.default) == "" else f"`{field.default}`"
            lines.append(f"| {variable} | {default} | {field.description} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
