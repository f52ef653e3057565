"""Each image's install and start commands, run in a clean folder as its Dockerfile says.

There is no Docker where the tests run: a small interpreter follows the instructions instead, so
that a file that isn't copied or a dependency that isn't declared shows here.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tests.support.checkout import ROOT, require_tool
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE_SECONDS, wait_until

IMAGES = ("functions", "inference_service", "pipeline")
HERE = f"python{sys.version_info.major}.{sys.version_info.minor}"

ARGUMENTS = {"ACCELERATOR": "cpu", "REVISION": "0123abc"}

#: What the services read of their environment; nothing of it is called before an event comes.
SETTINGS = {
    "GOOGLE_CLOUD_PROJECT": "demo-image",
    "FIRESTORE_EMULATOR_HOST": "127.0.0.1:1",
    "PUBSUB_EMULATOR_HOST": "127.0.0.1:1",
    "STORAGE_EMULATOR_HOST": "http://127.0.0.1:1",
    "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:1",
    "UPLOADS_BUCKET": "uploads",
    "RESULTS_BUCKET": "results",
    "STUDY_KEYS_SECRET": "0" * 32,
    "MODELS_BUCKET": "models",
    "PIPELINE_BUCKET": "pipeline",
    "INFERENCE_TOPIC": "inference-requests",
    "WEB_ORIGIN": "http://127.0.0.1:1",
    "FUNCTION_TARGET": "api",
}


@dataclass
class Image:
    """What a Dockerfile's instructions made of a clean folder that stands for its `/`."""

    root: Path
    environment: dict[str, str]
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)
    bases: list[str] = field(default_factory=list)
    layers: list[str] = field(default_factory=list)
    user: str = "root"
    labels: str = ""

    def run(self, command: list[str], **options) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._inside(command),
            env=self.environment,
            cwd=self.root,
            check=False,
            text=True,
            capture_output=True,
            **options,
        )

    @contextmanager
    def started(self) -> Iterator[subprocess.Popen]:
        self.environment["PORT"] = str(free_port())
        log = (self.root / "log").open("w+")
        process = subprocess.Popen(
            self._inside(self.command),
            env=self.environment | SETTINGS,
            cwd=self.root,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)
            log.close()

    def _inside(self, command: list[str]) -> list[str]:
        """The command with the image's paths; this machine's Python may be another than 3.12."""
        return [
            part.replace("/app/", f"{self.root}/app/").replace("python3.12", HERE)
            for part in command
        ]


def instructions(dockerfile: Path) -> Iterator[tuple[str, str]]:
    """`(instruction, rest)` of each line, continuation lines joined."""
    lines = [line for line in dockerfile.read_text().splitlines() if not line.startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            name, _, rest = line.partition(" ")
            yield name, rest.strip()


def build(folder: str, root: Path, arguments: dict[str, str]) -> Image:
    """Follows a Dockerfile; `pip install uv` is left out, the uv of this machine is used."""
    app = root / "app"
    app.mkdir()
    image = Image(root, {"HOME": str(root), "PATH": os.environ["PATH"], "TMPDIR": str(root)})
    image.environment["UV_CACHE_DIR"] = subprocess.check_output(
        ["uv", "cache", "dir"], text=True
    ).strip()
    values: dict[str, str] = {}
    for name, rest in instructions(ROOT / folder / "Dockerfile"):
        match name:
            case "ARG":
                key, _, value = rest.partition("=")
                values[key] = arguments.get(key, value)
            case "FROM":
                if rest.startswith("${PYTHON}"):
                    image.bases.append(rest.replace("${PYTHON}", values["PYTHON"]))
            case "ENV":
                rest = rest.replace("/app/", f"{app}/").replace("$PATH", os.environ["PATH"])
                image.environment |= dict(part.split("=", 1) for part in rest.split())
            case "COPY" if "--from" in rest:
                image.layers.append(rest)
            case "COPY":
                *sources, target = rest.split()
                for source in sources:
                    copy_tracked(source, app / target)
            case "RUN" if rest.startswith("uv "):
                for key, value in values.items():
                    rest = rest.replace(f"${{{key}}}", value)
                # This machine's cache, proxies and certificates; bytecode is for cold starts only.
                network = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
                options = network | image.environment | {"UV_COMPILE_BYTECODE": "0"}
                subprocess.run(shlex.split(rest), cwd=app, env=options, check=True)
            case "RUN" if rest.startswith("echo "):
                subprocess.run(["sh", "-c", rest], cwd=app, env=values, check=True)
            case "CMD" | "ENTRYPOINT":
                image.command = json.loads(rest)
            case "HEALTHCHECK" if "CMD" in rest:
                image.health = json.loads(rest.partition("CMD ")[2])
            case "USER":
                image.user = rest
            case "LABEL":
                image.labels += rest
    return image


def copy_tracked(source: str, target: Path) -> None:
    """As `.dockerignore` leaves it: what git tracks or would track, without caches."""
    if (ROOT / source).is_file():
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / source, target / Path(source).name)
        return
    listed = subprocess.check_output(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", source],
        cwd=ROOT,
        text=True,
    )
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            copy = target / Path(name).relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy)


@pytest.fixture(scope="module")
def images(tmp_path_factory) -> dict[str, Image]:
    require_tool("uv", "pip install uv")
    return {folder: build(folder, tmp_path_factory.mktemp(folder), ARGUMENTS) for folder in IMAGES}


@pytest.mark.parametrize("folder", ["functions", "inference_service"])
def test_a_service_starts_from_its_image_and_is_healthy(images, folder):
    image = images[folder]
    with image.started() as process:
        wait_until(
            lambda: process.poll() is not None or image.run(image.health).returncode == 0,
            told=lambda: image.run(image.health).stderr + (image.root / "log").read_text(),
        )
        assert process.poll() is None, (image.root / "log").read_text()
        # Else a container's port would be open to nobody outside of it.
        assert addresses(process.pid, int(image.environment["PORT"])) <= {"0.0.0.0", "::"}  # noqa: S104


def addresses(pid: int, port: int) -> set[str]:
    """The addresses on which a process, or one of its own, listens on a port; there is one."""
    leader = psutil.Process(pid)
    found = {
        each.laddr.ip
        for process in (leader, *leader.children(recursive=True))
        for each in process.net_connections("tcp")
        if each.status == psutil.CONN_LISTEN and each.laddr.port == port
    }
    assert found
    return found


def test_the_pipeline_image_runs_its_steps(images):
    image = images["pipeline"]
    step = image.run(
        [*image.command, "-m", "pipeline.bootstrap", "--help"], timeout=PATIENCE_SECONDS
    )
    assert step.returncode == 0, step.stderr
    assert "--data" in step.stdout
    made_by = "from pipeline.data.provenance import git_commit; print(git_commit())"
    assert image.run([*image.command, "-c", made_by]).stdout.strip() == ARGUMENTS["REVISION"]


def test_a_function_installs_no_tensorflow_and_nothing_that_tests_need(images):
    packages = {path.name for path in (images["functions"].root / "app/.venv").rglob("*-packages")}
    installed = {
        path.name for path in images["functions"].root.glob("app/.venv/lib/*/*-packages/*")
    }
    assert packages
    assert not installed & {"tensorflow", "keras", "SimpleITK", "cv2", "pytest", "playwright"}
    for image in images.values():
        assert not list(image.root.glob("app/.venv/lib/*/*-packages/pytest"))


def test_every_image_has_one_pinned_base_labels_and_no_root(images):
    bases = {base for image in images.values() for base in image.bases}
    digests = {base.split()[0] for base in bases}
    assert len(digests) == 1, "one base for all images, or their layers aren't shared"
    assert "@sha256:" in digests.pop()
    for image in images.values():
        assert image.user.isdigit(), "Kubernetes can check a number for root, not a name"
        assert "org.opencontainers.image.revision" in image.labels


def test_a_commit_changes_the_layer_of_code_and_not_that_of_dependencies(images):
    for folder, image in images.items():
        assert image.layers == [
            "--link --from=dependencies /app/.venv /app/.venv",
            "--link --from=code /app/code /app/code",
        ]
        code = {path.name for path in image.root.glob("app/code/[a-z]*") if not path.suffix}
        assert {"discai", folder} == code - {"bin"}
        packages = {path.name for path in image.root.glob("app/.venv/lib/*/*-packages/*")}
        assert packages
        assert not packages & {"discai", folder}
        # Nothing that differs between two commits comes before the wheels.
        before, _, after = (ROOT / folder / "Dockerfile").read_text().partition("AS code")
        assert "REVISION" in after
        assert "REVISION" not in before
        assert "COPY discai discai" not in before


@pytest.mark.parametrize("folder", ["inference_service", "pipeline"])
def test_the_cuda_variant_brings_cuda_and_one_tensorflow(folder):
    require_tool("uv", "pip install uv")
    package = folder.replace("_", "-")
    listed = subprocess.check_output(
        f"uv export --frozen --no-dev --no-hashes --no-emit-workspace "
        f"--package discai-{package} --extra cuda".split(),
        cwd=ROOT,
        text=True,
        stderr=subprocess.DEVNULL,
    )
    names = {line.split("==")[0] for line in listed.splitlines() if "==" in line}
    assert "nvidia-cudnn-cu12" in names
    assert "tensorflow" in names
    assert "tensorflow-cpu" not in names


@pytest.mark.parametrize("folder", IMAGES)
def test_hadolint_finds_nothing(folder):
    hadolint = Path(sys.executable).parent / "hadolint"
    checked = subprocess.run(
        [hadolint, ROOT / folder / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
