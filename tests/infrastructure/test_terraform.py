"""The deployment to Google Cloud, proven as far as it can be without a project."""

import json
import re

import pytest

from discai.commands.smoke import SmokeSettings
from pipeline.commands.run_pipeline import RunSettings
from tests.support.checkout import ROOT
from tests.support.infrastructure.build_steps import run_script
from tests.support.infrastructure.deployed_settings import variables_of, wrong_variables
from tests.support.infrastructure.grants import wrong_grants
from tests.support.terraform import INFRASTRUCTURE, Plan, plans_of


@pytest.fixture(scope="session")
def plans(terraform) -> dict[str, Plan]:
    plans = plans_of(terraform)  # as it is typed: without an argument
    return {example: plans[example] for example in ("small", "hospital", "variables")}


def test_files_are_formatted(terraform):
    answer = terraform.run("fmt", "-check", "-diff", "-recursive")

    assert answer.returncode == 0, answer.stdout


def test_configuration_is_valid(terraform):
    answer = terraform.run("validate")

    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize("example", ["small", "hospital"])
def test_example_has_the_shape_it_should(plans, example):
    assert plans[example].said == ""
    assert plans[example].resources


def test_variables_refuse_what_could_not_work(plans):
    assert plans["variables"].said == ""


def test_terraform_test_passes_without_an_argument(plans):
    assert not any(plan.failed for plan in plans.values())


@pytest.mark.parametrize("example", ["small", "hospital"])
def test_an_example_is_planned_with_all_of_its_settings(example):
    settings = (INFRASTRUCTURE / "examples" / example / "terraform.tfvars").read_text("utf-8")
    test = (INFRASTRUCTURE / "tests" / f"{example}.tftest.hcl").read_text("utf-8")
    named = re.findall(r"^(\w+) *=", settings, re.MULTILINE)

    assert named
    assert re.findall(r"^ +(\w+) += run\.example\.settings\.\1$", test, re.MULTILINE) == named


@pytest.mark.parametrize("example", ["small", "hospital"])
def test_services_get_exactly_the_variables_that_they_read(plans, example):
    assert wrong_variables(plans[example]) == []


@pytest.mark.parametrize("example", ["small", "hospital"])
def test_nobody_is_granted_more_or_less_than_the_list_says(plans, example):
    assert wrong_grants(plans[example], example) == []


def test_every_function_runs_its_target_of_the_code(plans):
    targets = {
        variables_of(service)["FUNCTION_TARGET"]
        for address, service in plans["hospital"].resources.items()
        if address.startswith("google_cloud_run_v2_service.function")
    }
    code = (ROOT / "functions" / "main.py").read_text(encoding="utf-8")

    entry_points = re.findall(r"^@functions_framework\.[\w.]+\ndef (\w+)", code, re.MULTILINE)

    assert targets == set(entry_points)


def test_a_function_has_a_thread_for_each_call_that_cloud_run_sends_it(plans):
    for address, service in plans["small"].resources.items():
        if address.startswith("google_cloud_run_v2_service.function"):
            [template] = service["template"]
            assert variables_of(service)["THREADS"] == str(
                template["max_instance_request_concurrency"]
            )


def test_nothing_planned_is_for_everybody(plans):
    for plan in (plans["small"], plans["hospital"]):
        text = json.dumps(plan.resources)
        assert "allUsers" not in text
        assert "allAuthenticatedUsers" not in text
        assert not re.search(r"roles/(owner|editor|viewer)\b", text)
        assert "google_service_account_key" not in " ".join(plan.resources)


def test_page_reads_its_configuration_from_an_output(plans):
    config = json.loads(plans["small"].outputs["web_config"])
    code = (ROOT / "webapp" / "src" / "cloud" / "cloud.ts").read_text(encoding="utf-8")
    [interface] = re.findall(r"export interface SiteConfig \{(.*?)\n\}", code, re.DOTALL)

    assert config.keys() == set(re.findall(r"^  (\w+)\??:", interface, re.MULTILINE))
    assert config["apiUrl"] == "/api"
    assert config["uploadsBucket"] == "demo-small-uploads"


@pytest.mark.parametrize("example", ["small", "hospital"])
def test_the_smoke_test_finds_in_an_output_what_it_can_not_do_without(plans, example):
    settings = plans[example].outputs["smoke_settings"]
    named = set(re.findall(r"^(\w+)='[^']*'$", settings, re.MULTILINE))
    needed = {
        name.upper()
        for kind in (SmokeSettings, RunSettings)
        for name, field in kind.model_fields.items()
        if field.is_required()
    }

    assert needed - named == {"API_URL"}  # which smoke.sh sets: the new api's own, then the page's
    assert len(settings.splitlines()) == len(named)


def test_no_revision_gets_calls_because_terraform_made_it():
    for file in ("functions.tf", "inference.tf"):
        text = (INFRASTRUCTURE / file).read_text(encoding="utf-8")
        services = text.split('resource "google_cloud_run_v2_service" ')[1:]
        assert services
        assert all("ignore_changes = [traffic]" in service for service in services)


def test_hosting_hands_the_api_on_before_all_else(plans):
    hosting = json.loads(plans["small"].outputs["firebase_json"])["hosting"]
    local = json.loads((INFRASTRUCTURE / "firebase.json").read_text(encoding="utf-8"))["hosting"]

    assert hosting["rewrites"] == [
        {"source": "/api/**", "run": {"serviceId": "api", "region": "europe-west4"}},
        *local["rewrites"],
    ]
    assert hosting["headers"] == local["headers"]


def test_hosting_gets_a_folder_that_the_firebase_cli_takes_with_the_configuration_in_it(
    plans, tmp_path
):
    outputs = {name: plans["small"].outputs[name] for name in ("firebase_json", "web_config")}
    for name, text in {**outputs, "page": "<html>"}.items():
        path = tmp_path / ("webapp/dist/index.html" if name == "page" else f"build/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    arguments = run_script("hosting.sh", tmp_path, firebase='echo "$@"')

    config = tmp_path / arguments[arguments.index("--config") + 1]
    site = (config.parent / json.loads(config.read_text())["hosting"]["public"]).resolve()
    assert site.is_relative_to(config.parent), "the Firebase CLI refuses such a folder"
    assert (site / "index.html").read_text() == "<html>"
    assert (site / "config.json").read_text() == outputs["web_config"]


def header_of_pages(name: str) -> str:
    hosting = json.loads((INFRASTRUCTURE / "firebase.json").read_text(encoding="utf-8"))["hosting"]
    [value] = [
        header["value"]
        for rule in hosting["headers"]
        for header in rule["headers"]
        if header["key"] == name
    ]
    return str(value)


def test_google_is_told_where_the_key_is_used_that_works_on_the_page_only(plans):
    [restrictions] = plans["small"].resources["google_apikeys_key.web"]["restrictions"]

    assert restrictions["browser_key_restrictions"][0]["allowed_referrers"] == [
        "https://demo-small.web.app/*",
        "https://demo-small.firebaseapp.com/*",
    ]
    # Without a referrer the key is refused: signing in sends one whatever the page says, the hourly
    # renewal of a token does not.
    assert header_of_pages("Referrer-Policy") == "strict-origin"


def test_page_talks_to_google_and_to_its_own_origin_only():
    policy = header_of_pages("Content-Security-Policy")
    [connect] = [part.split() for part in policy.split(";") if part.split()[0] == "connect-src"]

    assert "*" not in " ".join(connect)
    assert all(source == "'self'" or source.endswith(".googleapis.com") for source in connect[1:])


@pytest.mark.parametrize(
    ("alert", "file"), [("failed-run", "retraining.py"), ("given-up", "on_dead_letter.py")]
)
def test_alerts_wait_for_sentences_that_the_code_logs(plans, alert, file):
    policy = plans["small"].resources[f'google_monitoring_alert_policy.logged["{alert}"]']
    log = policy["conditions"][0]["condition_matched_log"][0]["filter"]
    sentence = re.search(r'message =~ "\^([^"]+)"', log)
    code = (ROOT / "functions" / file).read_text(encoding="utf-8")

    assert sentence
    assert f'logger.error("{sentence[1]}' in code
