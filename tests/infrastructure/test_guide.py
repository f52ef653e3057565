"""What the guides have people type: gcloud itself says whether it has such commands and options."""

import json
import re
import subprocess
from itertools import takewhile
from pathlib import Path

from tests.support.checkout import ROOT, require_tool
from tests.support.infrastructure.build_steps import run_stood_in

BY_HAND = ROOT / "infrastructure" / "README.md"
GUIDE = ROOT / "docs" / "operations" / "deploy.md"
RESTORE = ROOT / "docs" / "operations" / "restore.md"
#: Younger than some SDKs: docs.cloud.google.com/sdk/gcloud/reference/firestore/databases/clone
YOUNG = "gcloud firestore databases clone "


def commands(page: Path = GUIDE) -> list[str]:
    """Every gcloud command of a page, from its blocks and from its sentences."""
    text = re.sub(r"\\\n\s*", "", page.read_text(encoding="utf-8"))
    typed = re.findall(r"^ *(gcloud .*?)(?: +#.*)?$", text, re.MULTILINE)
    named = [" ".join(code.split()) for code in re.findall(r"(?<!`)`(gcloud [^`]+)`(?!`)", text)]
    found = [command for command in (*typed, *named) if not command.startswith(YOUNG)]
    return [re.sub(r"\$\([^)]*\)", "x", command) for command in found]


def test_gcloud_knows_every_command_of_the_guide_and_its_options(tmp_path):
    gcloud = require_tool("gcloud", "install the Google Cloud SDK")
    file = tmp_path / "commands.json"
    typed = [*commands(), *commands(RESTORE)]
    file.write_text(json.dumps([{"command_string": command} for command in typed]))
    answer = subprocess.run(
        [gcloud, "meta", "lint-gcloud-commands", f"--commands-file={file}"],
        capture_output=True,
        text=True,
        check=True,
    )
    checked = json.loads(answer.stdout)

    assert len(checked) > 25
    assert not [
        (each["command_string"], each["error_message"]) for each in checked if not each["success"]
    ]


def test_the_guide_says_how_long_scans_are_kept():
    variables = (ROOT / "infrastructure" / "variables.tf").read_text(encoding="utf-8")
    days = re.search(r'variable "keep_scans_days" {.*?default\s+= (\d+)', variables, re.DOTALL)
    assert days
    assert f"`keep_scans_days` ({days[1]} if not set)" in GUIDE.read_text(encoding="utf-8")


def test_the_guide_calls_lists_of_the_page_by_their_names():
    words = (ROOT / "webapp/src/features/worklist/view.ts").read_text(encoding="utf-8")
    named = re.findall(r"worklist → \*([^*]+)\*", GUIDE.read_text(encoding="utf-8"))
    assert named
    assert not [name for name in named if f'"{name}"' not in words]


def test_the_guide_knows_every_alert_by_its_name():
    alerts = (ROOT / "infrastructure" / "monitoring.tf").read_text(encoding="utf-8")
    names = set(re.findall(r'^ +(?:name|display_name) += "(.*)"$', alerts, re.MULTILINE))
    sent = {name for name in names if not name.startswith("DiscAI")}
    named = set(re.findall(r"alert \*([^*]+)\*", GUIDE.read_text(encoding="utf-8")))
    assert named == sent


def test_labels_of_a_scan_that_was_restored_go_to_the_new_one_as_they_were(cloud):
    text = GUIDE.read_text(encoding="utf-8")
    (block,) = re.findall(r"```bash\n([^`]*OLD_ID NEW_ID[^`]*)```", text)
    scans = cloud.firestore.collection("scans")
    said = {"kind": "correction", "modelVersion": "m1", "slices": {"1": []}}
    for label in ("one", "two"):
        scans.document("old").collection("labels").document(label).set(said)
    scans.document("new").collection("labels").document("mine").set(said)
    block = block.replace("uv run ", f"{ROOT}/.venv/bin/").replace("$PROJECT", cloud.project)
    block = block.replace("OLD_ID", "old").replace("NEW_ID", "new")
    for _ in range(2):  # whoever isn't sure that it worked does it again
        subprocess.run(["bash", "-euo", "pipefail", "-c", block], check=True)
    labels = {each.id: each.to_dict() for each in scans.document("new").collection("labels").get()}
    assert labels == {"one": said, "two": said, "mine": said}


def test_services_are_on_before_the_first_command_that_calls_them():
    callers = {"iam": "iam.googleapis.com", "projects": "cloudresourcemanager.googleapis.com"}
    on: set[str] = set()
    # By the time of the first build, Terraform has turned on all others.
    for command in takewhile(lambda each: not each.startswith("gcloud builds"), commands()):
        _, group, *words = command.split()
        if group == "services":
            on.update(words)
        assert group not in callers or callers[group] in on, command
    assert on


def test_the_buckets_lie_in_the_region_of_the_builds_whatever_the_settings_say():
    text = re.sub(r"\\\n\s*", "", GUIDE.read_text(encoding="utf-8"))
    (first,) = re.findall(r"^terraform apply (.*)$", text, re.MULTILINE)
    # Of two values the later one counts.
    assert "_REGION=$REGION" in text
    assert "-var=region=$REGION" in first.partition("-var-file=../discai.tfvars")[2]


def test_an_apply_by_hand_keeps_the_settings_and_what_the_last_build_handed_over(tmp_path):
    (tmp_path / "infrastructure").mkdir()
    (block,) = re.findall(r"```bash\n(.*?)```", BY_HAND.read_text(encoding="utf-8"), re.DOTALL)
    printed = run_stood_in(
        ["bash", "-euo", "pipefail", "-c", block],
        tmp_path,
        gcloud='echo "$3" >"$4/$(basename "$3")"',
        terraform='echo "$@"',
    )
    applied = printed.splitlines()[-1]
    files = re.findall(r"-var-file=(\S+)", applied)

    assert applied.startswith("apply -var=project=demo ")
    assert [(tmp_path / "infrastructure" / file).read_text().strip() for file in files] == [
        "gs://demo-terraform/discai.tfvars",
        "output -json deployed",
    ]
