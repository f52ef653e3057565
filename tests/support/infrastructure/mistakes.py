"""Deliberate mistakes in `infrastructure/`, and which check must notice each."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Check = Literal["validate", "small", "hospital", "variables", "settings", "grants", "checkov"]


@dataclass(frozen=True)
class Mistake:
    """Something that somebody could do to the deployment.

    Attributes:
        check: the cheapest one that notices.
        make: does it to a copy of the module.
        says: part of what the check then says, and says of no other mistake.
        alone: whether nothing could be said of others beside it, as nothing can be planned.
    """

    name: str
    check: Check
    make: Callable[[Path], None]
    says: str
    alone: bool = False


def change(file: str, old: str, new: str) -> Callable[[Path], None]:
    """Replaces a piece of a file that must be there."""

    def make(module: Path) -> None:
        text = (module / file).read_text(encoding="utf-8")
        assert old in text, f"{file} has no longer {old!r}"
        (module / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    return make


def remove_block(file: str, start: str) -> Callable[[Path], None]:
    """Removes a block from a file, from its first line to its closing brace."""

    def make(module: Path) -> None:
        text = (module / file).read_text(encoding="utf-8")
        before, found, rest = text.partition(start)
        assert found, f"{file} has no longer {start!r}"
        indent = start[: len(start) - len(start.lstrip())]
        _, after = rest.split(f"\n{indent}}}\n", 1)
        (module / file).write_text(before + after, encoding="utf-8")

    return make


def add(text: str) -> Callable[[Path], None]:
    """Adds that text, in a file of its own."""

    def make(module: Path) -> None:
        with (module / "mistake.tf").open("a", encoding="utf-8") as file:
            file.write(text)

    return make


MISTAKES = [
    Mistake(
        "an argument that does not exist",
        "validate",
        change("events.tf", "ack_deadline_seconds =", "acknowledge_seconds ="),
        says='argument named "acknowledge_seconds"',
        alone=True,
    ),
    Mistake(
        "a number where a list belongs",
        "validate",
        change("inference.tf", "= [local.push_audience]", "= 1"),
        says='Inappropriate value for attribute "custom_audiences"',
    ),
    Mistake(
        "a value that Google does not know",
        "validate",
        change("inference.tf", '"INGRESS_TRAFFIC_INTERNAL_ONLY"', '"INTERNAL"'),
        says="ingress = 'INTERNAL'",
        alone=True,
    ),
    Mistake(
        "a role for an account that nobody made",
        "validate",
        change("identity.tf", 'google_service_account.component["push"].name', "push.name"),
        says="has not been declared",
        alone=True,
    ),
    Mistake(
        "a topic that topology.yaml has lost",
        "small",
        change("topology.yaml", "  inference-requests: {}\n", ""),
        says="The given key does not identify an element",
        alone=True,
    ),
    Mistake(
        "a variable that is not set",
        "small",
        change("examples/small/terraform.tfvars", "region ", "# region "),
        says='"region"',
        alone=True,
    ),
    Mistake(
        "a bucket that can be made public",
        "small",
        change("storage.tf", '= "enforced"', '= "inherited"'),
        says="No bucket can be made public",
    ),
    Mistake(
        "replaced label files that are gone",
        "small",
        change("topology.yaml", "browser_reads: true, versioned: true", "browser_reads: true"),
        says="a replaced label file can be had back",
    ),
    Mistake(
        "a bucket open to every page",
        "small",
        change("storage.tf", "= [local.web_origin]", '= ["*"]'),
        says="Only pages of the web app reach the buckets",
    ),
    Mistake(
        "no dead letters",
        "small",
        remove_block("events.tf", "  dead_letter_policy {"),
        says="After 20 attempts a scan becomes a dead letter",
    ),
    Mistake(
        "a deadline that topology.yaml does not name",
        "small",
        change("events.tf", "= local.worker_subscription.ack_deadline_seconds", "= 60"),
        says="Deadline and retries are those of topology.yaml",
    ),
    Mistake(
        "a trigger in another region than its database",
        "small",
        change("events.tf", "location        = var.region", 'location        = "us-central1"'),
        says="A trigger in another region than its bucket or database",
    ),
    Mistake(
        "a worker that everybody can call",
        "small",
        change("inference.tf", '"INGRESS_TRAFFIC_INTERNAL_ONLY"', '"INGRESS_TRAFFIC_ALL"'),
        says="The worker answers Pub/Sub alone",
    ),
    Mistake(
        "functions that ask nobody who they are",
        "small",
        change(
            "functions.tf",
            'invoker_iam_disabled = each.value.trigger.type == "http"',
            "invoker_iam_disabled = true",
        ),
        says="Only the api answers callers without a Google identity",
    ),
    Mistake(
        "an api that signs as the training account",
        "small",
        change(
            "identity.tf",
            'service_account_id = google_service_account.component["api"].name',
            'service_account_id = google_service_account.component["training"].name',
        ),
        says="The api signs URLs as itself",
    ),
    Mistake(
        "an agent of Google's without its role",
        "grants",
        change(
            "identity.tf",
            "for_each = google_project_service_identity.agent",
            'for_each = { eventarc = google_project_service_identity.agent["eventarc"] }',
        ),
        says='google_project_iam_member.agent["run"] does not grant',
    ),
    Mistake(
        "one bucket too many for the api",
        "grants",
        change(
            "identity.tf",
            'role = "roles/storage.objectViewer", bucket = "results" },  # signs',
            'role = "roles/storage.objectAdmin", bucket = "results" },  # signs',
        ),
        says='purpose["results"] roles/storage.objectAdmin serviceAccount:api@demo grants',
    ),
    Mistake(
        "a role that reaches beyond one resource",
        "grants",
        add(
            'resource "google_project_iam_member" "all_buckets" {\n  project = var.project\n'
            '  role    = "roles/storage.admin"\n'
            '  member  = google_service_account.component["api"].member\n}\n'
        ),
        says="google_project_iam_member.all_buckets grants roles/storage.admin",
    ),
    Mistake(
        "a sign-up that is open",
        "small",
        change("web.tf", "disabled_user_signup   = true", "disabled_user_signup   = false"),
        says="Nobody makes an account for themselves",
    ),
    Mistake(
        "a setting that the worker needs and does not get",
        "settings",
        change("inference.tf", "    PUSH_AUDIENCE        = local.push_audience\n", ""),
        says="google_cloud_run_v2_service.worker lacks PUSH_AUDIENCE",
    ),
    Mistake(
        "a GPU that the worker never gets",
        "hospital",
        change("inference.tf", "for_each = local.gpu ? [var.accelerator] : []", "for_each = []"),
        says="The worker runs where an L4 is",
    ),
    Mistake(
        "an invoker who is everybody",
        "checkov",
        add(
            'resource "google_cloud_run_v2_service_iam_member" "all" {\n'
            "  name   = google_cloud_run_v2_service.worker.name\n"
            '  role   = "roles/run.invoker"\n  member = "allUsers"\n}\n'
        ),
        says="Nothing is granted to everybody",
    ),
    Mistake(
        "an editor of the whole project",
        "checkov",
        add(
            'resource "google_project_iam_member" "editor" {\n  project = var.project\n'
            '  role    = "roles/editor"\n'
            '  member  = google_service_account.component["api"].member\n}\n'
        ),
        says="Nobody owns, edits or views all",
    ),
    Mistake(
        "a key that can be copied",
        "checkov",
        add(
            'resource "google_service_account_key" "api" {\n'
            '  service_account_id = google_service_account.component["api"].name\n}\n'
        ),
        says="No service account has a key",
    ),
    Mistake(
        "Viewers of the project who read scans",
        "small",
        change(
            "identity.tf",
            'members = ["projectOwner:${var.project}"]',
            'members = ["projectOwner:${var.project}", "projectViewer:${var.project}"]',
        ),
        says="The project's Viewers and Editors read no scans",
    ),
    Mistake(
        "a bucket that keeps Google's own policy",
        "small",
        change(
            "identity.tf",
            "for_each = local.granted",
            'for_each = { for name, who in local.granted : name => who if name != "pipeline" }',
        ),
        says="Every bucket has a policy of its own",
    ),
    Mistake(
        "owners who can't deploy into a bucket",
        "grants",
        change("identity.tf", '["roles/storage.legacyBucketOwner", ', "["),
        says='purpose["uploads"] roles/storage.legacyBucketOwner projectOwner:demo-small does not',
    ),
    Mistake(
        "uploaders who may replace scans",
        "hospital",
        change(
            "identity.tf",
            '"roles/storage.objectCreator" # adds: reads',
            '"roles/storage.objectUser" # adds: reads',
        ),
        says="Uploaders add scans, and do nothing else",
    ),
    Mistake(
        "uploaders who are everybody",
        "variables",
        change("variables.tf", r"(user|group|serviceAccount):[^@\\s]+@[^@\\s]+$", "."),
        says="var.uploaders, was expected",
    ),
    Mistake(
        "a log of accesses that can be emptied",
        "small",
        change("audit.tf", "= var.lock_access_logs", "= false"),
        says="Nobody can remove the log of who looked at what",
    ),
    Mistake(
        "a log of accesses without what the api signed",
        "small",
        change("audit.tf", "functions.api.access", "functions.api"),
        says="That log has every read of data and every signed address",
    ),
    Mistake(
        "a log of accesses that is kept for a month",
        "hospital",
        change("audit.tf", "= var.keep_access_logs_days", "= 30"),
        says="The log of who looked at what is kept for as long as the hospital says",
    ),
    Mistake(
        "a log of accesses for longer than Google keeps any",
        "variables",
        change("variables.tf", "var.keep_access_logs_days >= 1 &&", "true ||"),
        says="var.keep_access_logs_days, was expected",
    ),
    Mistake(
        "sources of builds in the USA",
        "small",
        change(
            "registry.tf",
            '-builds"\n  location = var.region',
            '-builds"\n  location = "US"',
        ),
        says="Sources of builds are sent to a private bucket of the region",
    ),
    Mistake(
        "sources of builds without the hospital's key",
        "hospital",
        change("registry.tf", "_key_name = encryption.value", '_key_name = "another"'),
        says="Everything at rest is encrypted with the hospital's key",
    ),
    Mistake(
        "builds where a new project may not build",
        "small",
        change("topology.yaml", "europe: europe-west1", "europe: europe-west4"),
        says="Builds run where any project may build",
    ),
    Mistake(
        "a billing account that is none",
        "variables",
        change("variables.tf", "^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", "."),
        says="var.billing_account, was expected",
    ),
    Mistake(
        "half an instance",
        "variables",
        change("variables.tf", "var.max_instances >= 1 &&", "true ||"),
        says="var.max_instances, was expected",
    ),
    Mistake(
        "more waiting instances than there may be",
        "variables",
        change("variables.tf", "&& var.min_instances <= var.max_instances", ""),
        says="var.min_instances, was expected",
        alone=True,
    ),
    Mistake(
        "a GPU with half of its memory",
        "hospital",
        change("topology.yaml", "memory: 16Gi", "memory: 8Gi"),
        says="Cloud Run gives an L4 to four processors and 16 GiB",
    ),
    Mistake(
        "a prediction of which every number is indexed",
        "small",
        change(
            "firestore.indexes.json",
            """\
    {
      "collectionGroup": "predictions",
      "fieldPath": "discs",
      "indexes": []""",
            """\
    {
      "collectionGroup": "predictions",
      "fieldPath": "discs",
      "indexes": [{ "order": "ASCENDING", "queryScope": "COLLECTION" }]""",
        ),
        says="Numbers in large maps are not indexed one by one",
    ),
    Mistake(
        "a second region that is none",
        "variables",
        change("variables.tf", "var.backup_region == null || can(", "true || can("),
        says="var.backup_region, was expected",
        alone=True,
    ),
    Mistake(
        "a backup in the region of the data",
        "variables",
        change("variables.tf", "!= var.region", "!= var.region || true"),
        says="var.backup_region, was expected",
        alone=True,
    ),
    Mistake(
        "copies that stay in the region of the data",
        "hospital",
        change("backups.tf", "location = var.backup_region", "location = var.region"),
        says="Copies lie in the second region",
    ),
    Mistake(
        "copies without the hospital's key",
        "hospital",
        change("backups.tf", "= encryption.value", '= "another"'),
        says="Copies are encrypted with the hospital's key of that region",
    ),
    Mistake(
        "an export that nobody reads again",
        "hospital",
        change("backups.tf", ":exportDocuments", ":importDocuments"),
        says="All documents are exported each day",
    ),
    Mistake(
        "copies of one day only",
        "hospital",
        change("backups.tf", '"86400s"', '"8640000s"'),
        says="Scans, results and models are copied each day",
    ),
    Mistake(
        "a forgotten patient who stays in the second region",
        "hospital",
        change(
            "backups.tf",
            "delete_objects_unique_in_sink = true",
            "delete_objects_unique_in_sink = false",
        ),
        says="A patient who is forgotten is forgotten in the second region",
    ),
    Mistake(
        "a deployment that is content with a CPU where a GPU was asked for",
        "hospital",
        change("outputs.tf", 'local.gpu ? "gpu" : "cpu"', '"cpu"'),
        says="A deployment with a GPU proves that it reads on one",
    ),
    Mistake(
        "a key for attestations that is none",
        "variables",
        change("variables.tf", "var.attesting_key == null || can(", "true || can("),
        says="var.attesting_key, was expected",
    ),
    Mistake(
        "images that nobody has attested, and that are only written down",
        "hospital",
        change("admission.tf", "ENFORCED_BLOCK_AND_AUDIT_LOG", "DRYRUN_AUDIT_LOG_ONLY"),
        says="What the builds have not attested is refused",
    ),
    Mistake(
        "a worker that starts whatever is deployed",
        "hospital",
        change("inference.tf", "use_default = true", "use_default = false"),
        says="No service starts an image that nobody has attested",
    ),
]
