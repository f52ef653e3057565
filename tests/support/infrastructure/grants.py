"""Every grant of the deployment. A new one is added here too, so that somebody looks at it."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.support.terraform import Plan

#: What gives rights to somebody, by the kind of resource; what is logged gives none.
GRANT = re.compile(r"^google_\w+?(_iam_(?!audit_config)\w+|_acl|_access_control)\.")

IN_BUCKETS = (
    "api roles/storage.objectCreator uploads",
    "api roles/storage.objectViewer results",
    "inference-service roles/storage.objectUser results",
    "inference-service roles/storage.objectViewer models",
    "inference-service roles/storage.objectCreator uploads",
    "inference-service roles/storage.objectViewer uploads",
    "on-label-created roles/storage.objectUser results",
    "on-label-created roles/storage.objectViewer pipeline",
    "on-scan-uploaded roles/storage.objectViewer uploads",
    "sweep roles/storage.objectCreator uploads",
    "sweep roles/storage.objectUser results",
    "sweep roles/storage.objectViewer pipeline",
    "sweep roles/storage.objectViewer uploads",
    "training roles/storage.objectCreator models",
    "training roles/storage.objectUser pipeline",
    "training roles/storage.objectViewer models",
    "training roles/storage.objectViewer results",
    "training roles/storage.objectViewer uploads",
)
AGENTS = ("aiplatform", "artifactregistry", "eventarc", "firestore", "pubsub", "run")
EVENT_FUNCTIONS = ("on-scan-uploaded", "on-label-created", "on-dead-letter")
STARTERS = ("on-label-created", "sweep")


def for_each(resource: str, role: str, *keys: str) -> dict[str, str]:
    """One role, granted once for each key of a resource."""
    return {f'{resource}["{key}"]': role for key in keys}


def in_buckets(*grants: str) -> dict[str, str]:
    """Roles in the whole policies of buckets, each written as `who role purpose`."""
    return {
        policy_line(f'google_storage_bucket_iam_policy.purpose["{purpose}"]', role, who): role
        for who, role, purpose in (grant.split() for grant in grants)
    }


def policy_line(address: str, role: str, who: str) -> str:
    """One grant of a policy; `who` is a component or a whole member."""
    return f"{address} {role} {who if ':' in who else f'serviceAccount:{who}@demo'}"


def owners_of(project: str) -> dict[str, str]:
    """Roles that the project's owners keep in every bucket; its Viewers and Editors have none."""
    buckets = [
        *(f'google_storage_bucket_iam_policy.purpose["{purpose}"]' for purpose in PURPOSES),
        "google_storage_bucket_iam_policy.builds",
    ]
    return {
        policy_line(bucket, role, f"projectOwner:{project}"): role
        for bucket in buckets
        for role in ("roles/storage.legacyBucketOwner", "roles/storage.legacyObjectOwner")
    }


def owners_of_backups(project: str) -> dict[str, str]:
    """The same in the buckets of the second region."""
    return {
        policy_line(f'google_storage_bucket_iam_policy.backup["{purpose}"]', role, who): role
        for purpose in (*COPIES, "documents")
        for who in [f"projectOwner:{project}"]
        for role in ("roles/storage.legacyBucketOwner", "roles/storage.legacyObjectOwner")
    }


PURPOSES = ("models", "pipeline", "results", "uploads")

EVERYWHERE = {
    # On one resource each.
    **in_buckets(*IN_BUCKETS),
    "google_storage_bucket_iam_member.training_profiles": "roles/storage.objectUser",
    **for_each(
        "google_pubsub_topic_iam_member.publisher",
        "roles/pubsub.publisher",
        "api inference-requests",
        "on-scan-uploaded inference-requests",
        "on-dead-letter inference-requests",
        "sweep inference-requests",
        "on-label-created inference-requests",
        "inference-service inference-requests",
    ),
    "google_pubsub_topic_iam_member.pubsub_buries": "roles/pubsub.publisher",
    "google_pubsub_subscription_iam_member.pubsub_acknowledges": "roles/pubsub.subscriber",
    **for_each(
        "google_cloud_run_v2_service_iam_member.invoker",
        "roles/run.invoker",
        *("inference-service", "sweep", *EVENT_FUNCTIONS),
    ),
    **for_each(
        "google_secret_manager_secret_iam_member.reader",
        "roles/secretmanager.secretAccessor",
        *("inference-service", "on-scan-uploaded", "sweep"),
    ),
    "google_service_account_iam_member.signer": "roles/iam.serviceAccountTokenCreator",
    "google_service_account_iam_member.pubsub_signs_pushes": "roles/iam.serviceAccountTokenCreator",
    **for_each(
        "google_service_account_iam_member.runs_as_training",
        "roles/iam.serviceAccountUser",
        *STARTERS,
    ),
    # On the project, where there is nothing smaller.
    **for_each(
        "google_project_iam_member.database_user",
        "roles/datastore.user",
        *("api", "inference-service", "sweep", "training", *EVENT_FUNCTIONS),
    ),
    "google_project_iam_custom_role.pipeline_starter": (
        "aiplatform.pipelineJobs.cancel aiplatform.pipelineJobs.create aiplatform.pipelineJobs.get"
    ),
    **for_each(
        "google_project_iam_member.pipeline_starter",
        "projects/demo/roles/discaiPipelineStarter",
        *STARTERS,
    ),
    "google_project_iam_member.training": "roles/aiplatform.user",
    "google_project_iam_member.event_receiver": "roles/eventarc.eventReceiver",
    "google_project_iam_member.storage_publishes_events": "roles/pubsub.publisher",
    **{
        f'google_project_iam_member.agent["{name}"]': f"roles/{name}.serviceAgent"
        for name in AGENTS
    },
}

#: What an archive adds.
WITH_ARCHIVE = {
    **in_buckets(
        "on-instance-stored roles/storage.objectCreator uploads",
        "on-instance-stored roles/storage.objectViewer uploads",
    ),
    'google_cloud_run_v2_service_iam_member.invoker["on-instance-stored"]': "roles/run.invoker",
    'google_secret_manager_secret_iam_member.reader["on-instance-stored"]': (
        "roles/secretmanager.secretAccessor"
    ),
    'google_project_iam_member.database_user["on-instance-stored"]': "roles/datastore.user",
    'google_project_iam_member.agent["healthcare"]': "roles/healthcare.serviceAgent",
    "google_pubsub_topic_iam_member.archive_tells[0]": "roles/pubsub.publisher",
    "google_project_iam_custom_role.archive_filer[0]": (
        "healthcare.dicomStores.dicomWebRead healthcare.dicomStores.dicomWebWrite"
    ),
    "google_healthcare_dicom_store_iam_member.reader[0]": "projects/demo/roles/discaiArchiveFiler",
}

FIRESTORE = "serviceAccount:agent@demo"
READS = ("legacyBucketReader", "objectViewer")

#: What a second region for backups adds; who copies is an agent of Google's.
COPIES = ("models", "results", "uploads")
COPIER = "serviceAccount:project-1@storage-transfer-service.iam.gserviceaccount.com"
WITH_BACKUPS = {
    **in_buckets(
        *(f"{COPIER} roles/storage.{role} {purpose}" for purpose in COPIES for role in READS)
    ),
    **{
        policy_line(f'google_storage_bucket_iam_policy.backup["{purpose}"]', role, who): role
        for purpose, who in {**dict.fromkeys(COPIES, COPIER), "documents": FIRESTORE}.items()
        for role in ("roles/storage.legacyBucketReader", "roles/storage.objectUser")
    },
    "google_project_iam_custom_role.exporter[0]": "datastore.databases.export",
    "google_project_iam_member.exporter[0]": "projects/demo/roles/discaiExporter",
    "google_kms_crypto_key_iam_member.backup[0]": "roles/cloudkms.cryptoKeyEncrypterDecrypter",
}

GRANTS = {
    "small": EVERYWHERE | owners_of("demo-small"),
    "hospital": EVERYWHERE
    | owners_of("demo-hospital")
    | in_buckets("group:mri-scanners@example.org roles/storage.objectCreator uploads")
    | WITH_ARCHIVE
    | WITH_BACKUPS
    | owners_of_backups("demo-hospital")
    | for_each(
        "google_kms_crypto_key_iam_member.agent",
        "roles/cloudkms.cryptoKeyEncrypterDecrypter",
        *(*AGENTS, "healthcare", "storage"),
    ),
}


def wrong_grants(plan: Plan, example: str) -> list[str]:
    """A line for each planned grant that is not listed, and for each listed one that is missing."""
    assert plan.resources, plan.said
    listed = GRANTS[example].items()
    given = {
        line: role
        for address, resource in plan.resources.items()
        if GRANT.match(address)
        for line, role in granted(address, resource)
    }.items()
    return [
        *(f"{address} grants {role}: not listed" for address, role in sorted(given - listed)),
        *(f"{address} does not grant {role}" for address, role in sorted(listed - given)),
    ]


def granted(address: str, resource: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The role of a grant, each of a policy, or the permissions of a role, and where it stands."""
    if "policy_data" not in resource:
        yield address, str(resource.get("role") or " ".join(sorted(resource["permissions"])))
        return
    for binding in json.loads(resource["policy_data"])["bindings"]:
        for member in binding["members"]:
            yield policy_line(address, binding["role"], member), binding["role"]
