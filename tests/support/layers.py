"""Imports that must not be, and the contracts of `[tool.importlinter]` that each of them breaks.

As a program it runs import-linter on a copy of the packages, once as they are and once with each
mistake, and prints the names of the broken contracts as JSON. It is a program of its own because
import-linter finds packages as Python does: where tests run, `discai` is imported already.
"""

import contextlib
import io
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from importlinter import configuration
from importlinter.application import use_cases

ROOT = Path(__file__).resolve().parents[2]

DEPLOYABLES = "the local cloud runs the deployables, which share discai"
DISCAI = "discai: imports go down only"
CLOUD = "discai: only cloud and commands know the cloud and Google's libraries"
FUNCTIONS = "functions open no scan and run no network"
PIPELINE = "pipeline: imports go down only"
EVALUATION = "pipeline.evaluation: imports go down only"
LOCAL = "infrastructure.local: imports go down only"
EMULATOR = "the emulator of Cloud Storage knows nothing of DiscAI"
TESTS = "tests and benchmarks use the product, never the other way round"


@dataclass(frozen=True)
class Mistake:
    """One line that somebody could write.

    Attributes:
        file: where it is appended; the file is made where there is none.
        line: the import.
        contract: the contract that must be broken.
    """

    file: str
    line: str
    contract: str

    @property
    def name(self) -> str:
        """`the line, in the file`."""
        return f"{self.line}, in {self.file}"


MISTAKES = [
    Mistake(file, line, contract)
    for contract, file, line in [
        # discai, from its top layer to its lowest: each imports one above it, or beside it.
        (DISCAI, "discai/readings/study.py", "from discai.commands import cli"),
        (DISCAI, "discai/predictor.py", "from discai.readings.study import read"),
        (DISCAI, "discai/backends/choice.py", "from discai.predictor import Predictor"),
        (DISCAI, "discai/export/source.py", "from discai.backends import Backend"),
        (DISCAI, "discai/export/dicom.py", "from discai.phantom import draw_phantom"),
        (DISCAI, "discai/gradings/grading.py", "from discai.backends import Backend"),
        (DISCAI, "discai/herniation/crops.py", "from discai.gradings import grading"),
        (DISCAI, "discai/herniation/shape.py", "from discai.phantom import draw_phantom"),
        (DISCAI, "discai/phantom/files.py", "from discai.backends import Backend"),
        (DISCAI, "discai/phantom/tissue.py", "from discai.herniation import crops"),
        (DISCAI, "discai/quantities/section.py", "from discai.backends import Backend"),
        (DISCAI, "discai/pictures/png.py", "from discai.phantom import draw_phantom"),
        (DISCAI, "discai/pictures/output.py", "from discai.export import nifti"),
        (DISCAI, "discai/pictures/overlay.py", "from discai.spine import outline"),
        (DISCAI, "discai/spine/discs.py", "from discai.herniation.crops import Crop"),
        (DISCAI, "discai/spine/gate.py", "from discai.cloud import names"),
        (DISCAI, "discai/cloud/scans.py", "from discai.herniation import crops"),
        (DISCAI, "discai/cloud/objects.py", "from discai.pictures import png"),
        (DISCAI, "discai/report/report.py", "from discai.cloud import paths"),
        (DISCAI, "discai/study/series.py", "from discai.pictures import png"),
        (DISCAI, "discai/scan/reader.py", "from discai.spine import spine"),
        (DISCAI, "discai/scan/kinds.py", "from discai.study import sort_study"),
        (DISCAI, "discai/records/worklist.py", "from discai.cloud import scans"),
        (DISCAI, "discai/records/labels.py", "from discai.manifest import Manifest"),
        (DISCAI, "discai/manifest.py", "from discai.scan import Scan"),
        (DISCAI, "discai/segmentation/slices.py", "from discai.records import scans"),
        (DISCAI, "discai/segmentation/grid.py", "from discai.errors import PermanentError"),
        (DISCAI, "discai/reading.py", "from discai.manifest import Manifest"),
        (DISCAI, "discai/anatomy.py", "from discai.records.scans import ScanRecord"),
        (DISCAI, "discai/errors.py", "from discai.records.scans import Failure"),
        (DISCAI, "discai/scratch.py", "from discai.scan import Scan"),
        (DISCAI, "discai/drawer/__init__.py", "import math"),  # a folder without a layer
        # Google's libraries, and what uses them.
        (CLOUD, "discai/pictures/overlay.py", "from google.cloud import storage"),
        (CLOUD, "discai/records/scans.py", "from google.cloud import firestore"),
        (CLOUD, "discai/errors.py", "from google.api_core import exceptions"),
        (CLOUD, "discai/__init__.py", "import google.auth"),
        (CLOUD, "discai/scan/dicom.py", "import firebase_admin"),
        (CLOUD, "discai/predictor.py", "from discai.cloud.models import ModelStore"),
        # Deployables.
        (DEPLOYABLES, "discai/predictor.py", "from pipeline.metrics import estimates"),
        (DEPLOYABLES, "discai/records/scans.py", "from functions.settings import Settings"),
        (DEPLOYABLES, "discai/cloud/scans.py", "from inference_service.settings import Settings"),
        (DEPLOYABLES, "discai/commands/cli.py", "from infrastructure.local import cloud"),
        (DEPLOYABLES, "functions/services.py", "from inference_service.worker import Worker"),
        (DEPLOYABLES, "functions/retraining.py", "from pipeline.retraining import pipeline"),
        (DEPLOYABLES, "functions/settings.py", "from infrastructure.local.plan import Plan"),
        (DEPLOYABLES, "inference_service/worker.py", "from functions.settings import Settings"),
        (DEPLOYABLES, "inference_service/model.py", "from pipeline.retraining import registry"),
        (DEPLOYABLES, "inference_service/app.py", "from infrastructure.local import errors"),
        (DEPLOYABLES, "pipeline/retraining/steps.py", "from functions.settings import Settings"),
        (DEPLOYABLES, "pipeline/data/scans.py", "from inference_service.worker import Worker"),
        (DEPLOYABLES, "pipeline/commands/seed.py", "from infrastructure.local import gcs"),
        (FUNCTIONS, "functions/api.py", "from discai.predictor import Predictor"),
        (FUNCTIONS, "functions/events.py", "from discai.backends import Backend"),
        (FUNCTIONS, "functions/on_scan_uploaded.py", "from discai.scan import read_scan"),
        (FUNCTIONS, "functions/retraining.py", "from discai.segmentation import grid"),
        (FUNCTIONS, "functions/identity.py", "from discai.spine import spine"),
        (FUNCTIONS, "functions/main.py", "from discai.herniation import crops"),
        (FUNCTIONS, "functions/api.py", "from discai.export import dicom"),
        (FUNCTIONS, "functions/services.py", "from discai.pictures import rendering"),
        (FUNCTIONS, "functions/settings.py", "from discai.phantom import draw_phantom"),
        (FUNCTIONS, "functions/identity.py", "from discai.study import sort_study"),
        (FUNCTIONS, "functions/on_dead_letter.py", "from discai.commands import bundles"),
        (FUNCTIONS, "discai/cloud/paths.py", "from discai.scan.reader import READERS"),
        # pipeline, from its top layer to its lowest.
        (PIPELINE, "pipeline/retraining/steps.py", "from pipeline.commands import checks"),
        (PIPELINE, "pipeline/evaluation/sets.py", "from pipeline.retraining import snapshot"),
        (PIPELINE, "pipeline/training/export.py", "from pipeline.evaluation.report import page"),
        (PIPELINE, "pipeline/metrics/estimates.py", "from pipeline.training import crops"),
        (PIPELINE, "pipeline/data/spider.py", "from pipeline.metrics import estimates"),
        (PIPELINE, "pipeline/data/scans.py", "from pipeline.rollback import main"),
        (PIPELINE, "pipeline/drawer.py", "import math"),
        # The evaluation's rooms, from its top layer to its lowest.
        (EVALUATION, "pipeline/evaluation/measure.py", "import pipeline.evaluation.__main__"),
        (EVALUATION, "pipeline/evaluation/report/page.py", "import pipeline.evaluation.measure"),
        (EVALUATION, "pipeline/evaluation/record.py", "import pipeline.evaluation.report"),
        (EVALUATION, "pipeline/evaluation/changes/cuts.py", "import pipeline.evaluation.record"),
        (EVALUATION, "pipeline/evaluation/figures/gate.py", "import pipeline.evaluation.changes"),
        (EVALUATION, "pipeline/evaluation/sets.py", "import pipeline.evaluation.figures"),
        (EVALUATION, "pipeline/evaluation/cases.py", "import pipeline.evaluation.readings"),
        (EVALUATION, "pipeline/evaluation/readings.py", "import pipeline.evaluation.sets"),
        # The local cloud, from its top layer to its lowest.
        (LOCAL, "infrastructure/local/demo.py", "import infrastructure.local.__main__"),
        (LOCAL, "infrastructure/local/cloud.py", "from infrastructure.local import demo"),
        (LOCAL, "infrastructure/local/parts.py", "from infrastructure.local import cloud"),
        (LOCAL, "infrastructure/local/resources.py", "from infrastructure.local import cloud"),
        (LOCAL, "infrastructure/local/functions.py", "from infrastructure.local import parts"),
        (LOCAL, "infrastructure/local/retraining.py", "from infrastructure.local import parts"),
        (LOCAL, "infrastructure/local/standins.py", "from infrastructure.local import parts"),
        (LOCAL, "infrastructure/local/vertex/app.py", "from infrastructure.local import parts"),
        (LOCAL, "infrastructure/local/data/journal.py", "from infrastructure.local import vertex"),
        (LOCAL, "infrastructure/local/emulators.py", "from infrastructure.local import standins"),
        (LOCAL, "infrastructure/local/orthanc.py", "from infrastructure.local import parts"),
        (LOCAL, "infrastructure/local/archive_watch.py", "from infrastructure.local import parts"),
        (LOCAL, "infrastructure/local/auth.py", "from infrastructure.local import data"),
        (LOCAL, "infrastructure/local/eventarc.py", "from infrastructure.local import emulators"),
        (LOCAL, "infrastructure/local/gcs/app.py", "from infrastructure.local import data"),
        (LOCAL, "infrastructure/local/hosting.py", "from infrastructure.local import data"),
        (LOCAL, "infrastructure/local/scheduler.py", "from infrastructure.local import data"),
        (LOCAL, "infrastructure/local/plan.py", "from infrastructure.local import hosting"),
        (LOCAL, "infrastructure/local/keys.py", "from infrastructure.local import auth"),
        (LOCAL, "infrastructure/local/prerequisites/java.py", "import infrastructure.local.plan"),
        (LOCAL, "infrastructure/local/supervision/ports.py", "import infrastructure.local.plan"),
        (LOCAL, "infrastructure/local/topology.py", "from infrastructure.local import plan"),
        (LOCAL, "infrastructure/local/other_sites.py", "from infrastructure.local import plan"),
        (LOCAL, "infrastructure/local/errors.py", "from infrastructure.local import topology"),
        (LOCAL, "infrastructure/local/usual_ports.py", "import infrastructure.local.topology"),
        (LOCAL, "infrastructure/local/drawer.py", "import math"),
        # The emulator of Cloud Storage, and what only tests use.
        (EMULATOR, "infrastructure/local/gcs/app.py", "from discai.errors import DiscaiError"),
        (EMULATOR, "infrastructure/local/gcs/store.py", "from pipeline.data import scans"),
        (EMULATOR, "infrastructure/local/gcs/cors.py", "from functions.settings import Settings"),
        (EMULATOR, "infrastructure/local/gcs/signing.py", "import inference_service.settings"),
        (EMULATOR, "infrastructure/local/gcs/uploads.py", "from infrastructure.local import plan"),
        (TESTS, "discai/predictor.py", "from tests.support.models import publish_copy"),
        (TESTS, "functions/api.py", "from tests.support import fakes"),
        (TESTS, "inference_service/app.py", "from tests.support import fakes"),
        (TESTS, "pipeline/retraining/steps.py", "from benchmarks import predict"),
        (TESTS, "infrastructure/local/cloud.py", "from docs import settings"),
    ]
]


def copy_packages(to: Path) -> None:
    """Copies the contracts and the Python files that they are about."""
    shutil.copy(ROOT / "pyproject.toml", to)
    for package in use_cases.read_user_options().session_options["root_packages"]:
        for source in (ROOT / package).rglob("*.py"):
            target = to / source.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


def broken_contracts() -> list[str]:
    """Names of the contracts that the packages of the working directory break.

    Raises:
        Exception: import-linter's own, where a contract names a module that is not there.
    """
    options = use_cases.read_user_options()
    with contextlib.redirect_stdout(io.StringIO()):  # import-linter's progress
        report = use_cases.create_report(options, cache_dir=None)
    if report.invalid_contract_options:
        raise ValueError(str(report.invalid_contract_options))
    return [
        contract.name for contract, check in report.get_contracts_and_checks() if not check.kept
    ]


def broken_with(mistake: Mistake, root: Path) -> list[str]:
    """Names of the contracts that one mistake breaks; the file is then as it was."""
    file = root / mistake.file
    before = file.read_text(encoding="utf-8") if file.exists() else None
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"{before or ''}\n{mistake.line}\n", encoding="utf-8")
    try:
        return broken_contracts()
    finally:
        if before is None:
            file.unlink()
        else:
            file.write_text(before, encoding="utf-8")


def main() -> None:
    """Prints `{name of the mistake: broken contracts}`, the tree as it is under an empty name."""
    configuration.configure()
    use_cases._register_built_in_contract_types()
    with TemporaryDirectory() as folder, contextlib.chdir(folder):
        with contextlib.chdir(ROOT):
            copy_packages(Path(folder))
        # `infrastructure` is a namespace: of two folders of that name Python takes both.
        sys.path[:] = [folder] + [path for path in sys.path if Path(path).resolve() != ROOT]
        broken: dict[str, Any] = {"": broken_contracts()}
        broken |= {mistake.name: broken_with(mistake, Path(folder)) for mistake in MISTAKES}
    json.dump(broken, sys.stdout)


if __name__ == "__main__":
    main()
