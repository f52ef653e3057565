"""The deploy guide's commands: gcloud itself says whether it has them and their options."""

import json
import re
import subprocess

from tests.conftest import ROOT, require_tool

GUIDE = ROOT / "docs" / "operations" / "deploy.md"
#: Younger than some SDKs: docs.cloud.google.com/sdk/gcloud/reference/firestore/databases/clone
YOUNG = "gcloud firestore databases clone "


def commands() -> list[str]:
    """Every gcloud command of the guide, from its blocks and from its sentences."""
    text = re.sub(r"\\\n\s*", "", GUIDE.read_text(encoding="utf-8"))
    typed = re.findall(r"^ *(gcloud .*?)(?: +#.*)?$", text, re.MULTILINE)
    named = [" ".join(code.split()) for code in re.findall(r"(?<!`)`(gcloud [^`]+)`(?!`)", text)]
    found = [command for command in (*typed, *named) if not command.startswith(YOUNG)]
    return [re.sub(r"\$\([^)]*\)", "x", command) for command in found]


def test_gcloud_knows_every_command_of_the_guide_and_its_options(tmp_path):
    gcloud = require_tool("gcloud", "install the Google Cloud SDK")
    file = tmp_path / "commands.json"
    file.write_text(json.dumps([{"command_string": command} for command in commands()]))
    answer = subprocess.run(
        [gcloud, "meta", "lint-gcloud-commands", f"--commands-file={file}"],
        capture_output=True,
        text=True,
        check=True,
    )
    checked = json.loads(answer.stdout)

    assert len(checked) > 15
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
