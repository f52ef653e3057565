"""What a project lacks, by answers of `gcloud` that were written after its documents."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from infrastructure.preflight.__main__ import main
from infrastructure.preflight.gcloud import Answer, ask
from infrastructure.preflight.quotas import limit_in
from infrastructure.preflight.settings import assignments, wanted
from tests.support.checkout import ROOT, require_tool
from tests.support.infrastructure.build_steps import run_stood_in

ANSWERS = Path(__file__).with_name("gcloud_answers") / "new_project.json"
EXAMPLES = ROOT / "infrastructure" / "examples"


class Written:
    """Answers as they were written, but for those that a test gives; it knows what was asked."""

    def __init__(self, **changed: object) -> None:
        self.answers = json.loads(ANSWERS.read_text(encoding="utf-8")) | changed
        self.asked: list[str] = []

    def __call__(self, command: str, *options: str) -> Answer:
        """The answer to the longest question that this one begins with."""
        question = " ".join([command, *options])
        self.asked.append(question)
        known = [each for each in self.answers if question.startswith(each)]
        said = self.answers[max(known, key=len)]
        return Answer(said.get("answer"), said.get("error", ""))


def preflight(capsys, example: str, gcloud: Written, settings: Path | None = None):
    """The exit status, and what was printed with its line breaks."""
    path = settings or EXAMPLES / example / "terraform.tfvars"
    status = main(["--project", "demo", "--settings", str(path)], gcloud)
    return status, capsys.readouterr().out


def test_a_new_project_can_have_the_small_example(capsys):
    status, said = preflight(capsys, "small", Written())

    assert status == 0
    assert "NO " not in said
    assert "Any project may build in europe-west1." in said
    assert "There will be no budget" in said
    assert "demo-terraform, demo-builds, demo-uploads, demo-results" in said
    assert said.endswith("Nothing that could be seen stands in the way.\n")


def test_a_new_project_is_told_what_to_ask_for_before_it_can_have_the_large_one(capsys):
    status, said = preflight(capsys, "hospital", Written())

    assert status == 1
    # 4 instances of 4 vCPU and 16 GiB; new projects in europe-west4 have 20 vCPU and 40 GiB.
    assert "Cloud Run may use 40 GiB in europe-west4; 4 instances of inference-service" in said
    assert "Set max_instances to 2 or less, or ask for more: gcloud beta quotas pref" in said
    assert f"--quota-id=MemAllocPerProjectRegion --preferred-value={4 * 16 * 2**30} " in said
    assert "Cloud Run may use 0 L4 in europe-west4" in said
    assert "Ask for more, or set accelerator = null: " in said
    assert "preferred-value=4 --dimensions=region=europe-west4" in said
    assert "You have no right on billing account 000000-000000-000000" in said
    assert (
        "--role=roles/billing.costsManager "
        "--member=serviceAccount:discai-deployer@demo.iam.gserviceaccount.com" in said
    )
    assert "Not yet: 3 things must be changed or asked for." in said


def quota(name: str, value: str) -> dict[str, object]:
    info = {"applicableLocations": ["europe-west4"], "details": {"value": value}}
    return {"quotaId": name, "dimensionsInfos": [info]}


def test_a_quota_that_was_granted_is_enough(capsys):
    granted = [
        quota("CpuAllocPerProjectRegion", "-1"),
        quota("MemAllocPerProjectRegion", str(200 * 2**30)),
        quota("NvidiaL4GpuAllocNoZonalRedundancyPerProjectRegion", "4"),
    ]
    admin = {"bindings": [{"role": "roles/billing.admin", "members": ["user:owner@example.org"]}]}
    answers = Written(
        **{
            "beta quotas info list": {"answer": granted},
            "billing accounts get-iam-policy": {"answer": admin},
        }
    )
    del answers.answers["billing accounts get-iam-policy 000000-000000-000000"]
    status, said = preflight(capsys, "hospital", answers)

    assert status == 0
    assert "may use any number of vCPU" in said
    assert "may use 4 L4 in europe-west4; all services at their largest take 4 L4." in said
    assert "You may give discai-deployer its right to make budgets" in said


@pytest.mark.parametrize(
    ("question", "answer", "sentence"),
    [
        (
            "projects describe demo",
            {"error": "ERROR: (gcloud.projects.describe) [x] does not have permission"},
            "Project demo: ERROR",
        ),
        (
            "projects describe demo",
            {"answer": {"lifecycleState": "DELETE_REQUESTED"}},
            "Project demo is DELETE_REQUESTED.",
        ),
        ("billing projects describe demo", {"answer": {}}, "The project has no billing account."),
        (
            "storage buckets describe gs://demo-uploads",
            {"error": "ERROR: HTTPError 403: you don't have storage.buckets.get"},
            "The bucket demo-uploads is somebody else's.",
        ),
        (
            "storage buckets describe gs://demo-terraform",
            {"answer": {"location": "US"}},
            "The bucket demo-terraform lies in US, not in europe-west4.",
        ),
        (
            "firestore databases describe",
            {"answer": {"type": "FIRESTORE_NATIVE", "locationId": "nam5"}},
            "Firestore's database is FIRESTORE_NATIVE in nam5, not",
        ),
        (
            "firestore databases describe",
            {"answer": {"type": "DATASTORE_MODE", "locationId": "europe-west4"}},
            "Firestore's database is DATASTORE_MODE in europe-west4, not",
        ),
        (
            "beta quotas info list",
            {"error": "Cloud Quotas API has not been used in project demo before"},
            "Quotas can't be read before their API is on.",
        ),
    ],
)
def test_what_a_deployment_would_stop_at(capsys, question, answer, sentence):
    status, said = preflight(capsys, "small", Written(**{question: answer}))

    assert status == 1
    assert f"NO  {sentence}" in said
    assert "Not yet: 1 thing must be changed or asked for." in said


@pytest.mark.parametrize(
    ("question", "error"),
    [
        ("projects get-iam-policy demo", "403 PERMISSION_DENIED"),
        ("billing projects describe demo", "403 PERMISSION_DENIED"),
        ("beta quotas info list", "503"),
        ("storage buckets describe", "503"),
        ("firestore databases describe", "503"),
    ],
)
def test_what_cannot_be_seen_is_said_and_does_not_stop(capsys, question, error):
    status, said = preflight(capsys, "small", Written(**{question: {"error": error}}))

    assert status == 0
    assert "?   " in said


def test_builds_in_a_region_that_is_not_open_to_all_need_a_proof(capsys, tmp_path):
    settings = tmp_path / "discai.tfvars"
    settings.write_text('region = "europe-west4"\nbuild_region = "europe-west4"\n')
    status, said = preflight(capsys, "", Written(), settings)

    assert status == 1
    assert "NO  A new project may not be able to build in europe-west4." in said
    assert "Set build_region to one of us-central1, us-west2, europe-west1," in said

    built = {"builds list --region=europe-west4": {"answer": [{"status": "SUCCESS"}]}}
    assert preflight(capsys, "", Written(**built), settings)[0] == 0


def test_nothing_is_changed_and_no_api_turned_on():
    gcloud = Written()
    main(["--project", "demo", "--settings", str(EXAMPLES / "hospital/terraform.tfvars")], gcloud)
    assert gcloud.asked
    for command in ("projects create", "services enable", "storage buckets create"):
        with pytest.raises(ValueError, match="does not only read"):
            ask(command)

    called = []

    def run(words, **options):
        called.append((words, options["env"]["CLOUDSDK_CORE_SHOULD_PROMPT_TO_ENABLE_API"]))
        return subprocess.CompletedProcess(words, 0, "[]", "")

    for question in gcloud.asked:
        command, *options = re.split(r" (?=-)", question)
        words = command.split()
        while words[-1] not in ("describe", "get-iam-policy", "get-value", "list"):
            options.insert(0, words.pop())
        assert ask(" ".join(words), *options, run=run) == Answer([])
    assert {prompt for _, prompt in called} == {"false"}


def test_gcloud_knows_every_question_and_every_advice(capsys, tmp_path):
    gcloud = require_tool("gcloud", "install the Google Cloud SDK")
    written = Written()
    _, said = preflight(capsys, "hospital", written)
    advice = re.findall(r"gcloud [a-z][^\n]*?(?=\. |$)", said, re.MULTILINE)
    assert len(advice) >= 3
    commands = [*(f"gcloud {each} --format=json" for each in written.asked), *advice]
    file = tmp_path / "commands.json"
    file.write_text(json.dumps([{"command_string": command} for command in commands]))
    answer = subprocess.run(
        [gcloud, "meta", "lint-gcloud-commands", f"--commands-file={file}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not [
        (each["command_string"], each["error_message"])
        for each in json.loads(answer.stdout)
        if not each["success"]
    ]


@pytest.mark.parametrize(
    ("infos", "limit"),
    [
        ([], None),
        ([{"applicableLocations": ["us-central1"], "details": {"value": "3"}}], None),
        ([{"applicableLocations": ["europe-west4"], "details": {}}], 0),
        (
            [
                {"details": {"value": "3"}, "applicableLocations": ["europe-west4"]},
                {"details": {"value": "8"}, "dimensions": {"region": "europe-west4"}},
            ],
            8,
        ),
    ],
)
def test_the_limit_of_a_region(infos, limit):
    assert limit_in({"dimensionsInfos": infos}, "europe-west4") == limit


def test_settings_are_read_as_terraform_would(tmp_path):
    text = (EXAMPLES / "hospital" / "terraform.tfvars").read_text(encoding="utf-8")
    assert assignments(text) == {
        "region": "europe-west4",
        "backup_region": "europe-west1",
        "accelerator": "nvidia-l4",
        "min_instances": 1,
        "max_instances": 4,
        "customer_managed_key": True,
        "network_range": "10.8.0.0/24",
        "keep_scans_days": 3650,
        "archive": True,
        "filing": "reviewed",
        "web_domain": "discs.example.org",
        "alert_email": "discai@example.org",
        "billing_account": "000000-000000-000000",
        "monthly_budget": 1500,
        "keep_access_logs_days": 3650,
    }
    # All else is as variables.tf says; without an archive no function listens to one.
    settings = tmp_path / "discai.tfvars"
    settings.write_text('region = "us-east4" # far away\n', encoding="utf-8")
    deployment = wanted("demo", settings)
    assert deployment.build_region == "us-central1"
    assert deployment.worker.instances == 5
    assert deployment.worker.memory_bytes == 5 * 8 * 2**30
    assert "on-instance-stored" not in [service.name for service in deployment.services]


def test_without_settings_a_sign_in_or_gcloud_it_says_so(capsys, tmp_path):
    settings = ["--settings", str(EXAMPLES / "small" / "terraform.tfvars")]
    assert main(["--project", "demo", "--settings", str(tmp_path / "none")], Written()) == 2
    assert "docs/operations/deploy.md" in capsys.readouterr().err

    nobody = Written(**{"auth list": {"answer": []}})
    assert main(["--project", "demo", *settings], nobody) == 2
    assert "gcloud auth login" in capsys.readouterr().err

    def no_gcloud(*words: str) -> Answer:
        raise FileNotFoundError(2, "No such file", "gcloud")

    assert main(["--project", "demo", *settings], no_gcloud) == 2
    assert "gcloud is missing" in capsys.readouterr().err


def test_help_says_what_the_exit_status_means(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    said = capsys.readouterr().out
    assert end.value.code == 0
    assert "usage: python -m infrastructure.preflight" in said
    assert "The exit status is 0 where" in said


def test_make_asks_by_the_name_of_the_project(tmp_path):
    makefile = ["make", "--silent", "--dry-run", f"--directory={ROOT}"]
    printed = run_stood_in([*makefile, "preflight", "PROJECT=demo"], tmp_path)
    assert "-m infrastructure.preflight --project demo" in printed
