"""Every grant of the deployment. A new one is added here too, so that somebody looks at it."""

import re
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


EVERYWHERE = {
    # On one resource each.
    **{
        f'google_storage_bucket_iam_member.component["{key}"]': key.split()[1] for key in IN_BUCKETS
    },
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
    'google_storage_bucket_iam_member.component["on-instance-stored roles/storage.objectCreator '
    'uploads"]': "roles/storage.objectCreator",
    'google_storage_bucket_iam_member.component["on-instance-stored roles/storage.objectViewer '
    'uploads"]': "roles/storage.objectViewer",
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

GRANTS = {
    "small": EVERYWHERE,
    "hospital": EVERYWHERE
    | WITH_ARCHIVE
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
        address: granted(resource)
        for address, resource in plan.resources.items()
        if GRANT.match(address)
    }.items()
    return [
        *(f"{address} grants {role}: not listed" for address, role in sorted(given - listed)),
        *(f"{address} does not grant {role}" for address, role in sorted(listed - given)),
    ]


def granted(resource: dict[str, Any]) -> str:
    """The role of a grant, or the permissions of a role."""
    return str(resource.get("role") or " ".join(sorted(resource.get("permissions") or ["?"])))
