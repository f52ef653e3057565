"""Resources that Terraform creates in the cloud, created in the emulators by `topology.yaml`."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx

from discai.cloud import paths
from infrastructure.local.data import journal
from infrastructure.local.data.documents import Documents
from infrastructure.local.eventarc import DOCUMENT_CREATED, MESSAGE_PUBLISHED
from infrastructure.local.plan import REVIEWER_EMAIL, ROOT, Plan
from infrastructure.local.topology import Bucket, Subscription, Topology, Trigger

WEIGHTS = ROOT / "discai" / "weights"
EXISTS = 409
DOCUMENT_WRITTEN = "google.cloud.firestore.document.v1.written"
UNCHANGED = 412  # a precondition: it was there before
LONGEST_ACK_SECONDS = 600


async def create_buckets(client: httpx.AsyncClient, plan: Plan, topology: Topology) -> None:
    """Every bucket, with the CORS that lets the web app upload to it or read from it."""
    url = f"{plan.url('storage')}/storage/v1/b"
    for bucket in topology.buckets.values():
        settings = bucket_settings(bucket, plan.url("web"))
        answer = await client.post(url, json={"name": bucket.name, **settings})
        if answer.status_code == EXISTS:
            answer = await client.patch(f"{url}/{bucket.name}", json=settings)
        answer.raise_for_status()


def bucket_settings(bucket: Bucket, web_origin: str) -> dict[str, Any]:
    """Versioning and CORS of a bucket."""
    methods = ["GET", "HEAD"] * bucket.browser_reads + ["PUT", "POST"] * bucket.browser_uploads
    rule = {
        "origin": [web_origin],
        "method": methods,
        "responseHeader": ["Content-Type", "Content-Range", "Range", "X-Goog-Hash"],
        "maxAgeSeconds": 3600,
    }
    return {"versioning": {"enabled": bucket.versioned}, "cors": [rule] if methods else []}


async def create_subscriptions(client: httpx.AsyncClient, plan: Plan, topology: Topology) -> None:
    """Every topic, then the subscriptions of services and of the functions' triggers."""
    await asyncio.gather(
        *(put(client, plan, f"topics/{topic}", {}) for topic in topology.topics),
    )
    services = {each.name: service_push(plan, each) for each in topology.subscriptions}
    functions = {
        f"eventarc-{trigger.function}": trigger_push(plan, trigger)
        for trigger in topology.triggers
        if trigger.type == MESSAGE_PUBLISHED
    }
    await asyncio.gather(
        *(
            put(client, plan, f"subscriptions/{name}", settings)
            for name, settings in (services | functions).items()
        )
    )


def service_push(plan: Plan, subscription: Subscription) -> dict[str, Any]:
    """A subscription that pushes to a service, with its retries and dead letters."""
    settings = {
        "topic": topic_path(plan, subscription.topic),
        "pushConfig": {"pushEndpoint": plan.url(subscription.service) + subscription.path},
        "ackDeadlineSeconds": subscription.ack_deadline_seconds,
        "deadLetterPolicy": {
            "deadLetterTopic": topic_path(plan, subscription.dead_letter_topic),
            "maxDeliveryAttempts": subscription.max_delivery_attempts,
        },
    }
    if retry := subscription.retry:
        settings["retryPolicy"] = {
            "minimumBackoff": f"{retry.minimum_backoff_seconds}s",
            "maximumBackoff": f"{retry.maximum_backoff_seconds}s",
        }
    return settings


def trigger_push(plan: Plan, trigger: Trigger) -> dict[str, Any]:
    """The subscription that Eventarc makes for a message trigger."""
    return {
        "topic": topic_path(plan, str(trigger.topic)),
        "pushConfig": {"pushEndpoint": f"{plan.url('eventarc')}/messages/{trigger.function}"},
        "ackDeadlineSeconds": LONGEST_ACK_SECONDS,
    }


async def create_document_triggers(
    client: httpx.AsyncClient, plan: Plan, topology: Topology
) -> None:
    """Firestore's own triggers, and that of the journal; it sends their events to our Eventarc."""
    await create_trigger(client, plan, journal.TRIGGER, DOCUMENT_WRITTEN, journal.EVERY_DOCUMENT)
    for trigger in topology.triggers:
        if trigger.type == DOCUMENT_CREATED:
            path = str(trigger.document)
            await create_trigger(client, plan, trigger.function, trigger.type, path)


async def create_trigger(
    client: httpx.AsyncClient, plan: Plan, name: str, event_type: str, path: str
) -> None:
    """A trigger for documents whose path fits a pattern."""
    body = {
        "eventType": event_type,
        "database": "(default)",
        "namespace": "(default)",
        "document": {"value": path, "matchType": "PATH_PATTERN"},
    }
    url = f"{plan.url('firestore')}/emulator/v1/projects/{plan.project}/eventarcTrigger"
    answer = await client.post(url, params={"eventarcTriggerId": name}, json=body)
    answer.raise_for_status()


def topic_path(plan: Plan, topic: str) -> str:
    """The topic's full name."""
    return f"projects/{plan.project}/topics/{topic}"


async def put(
    client: httpx.AsyncClient, plan: Plan, path: str, settings: Mapping[str, Any]
) -> None:
    """Create one thing in Pub/Sub."""
    url = f"{plan.url('pubsub')}/v1/projects/{plan.project}/{path}"
    (await client.put(url, json=dict(settings))).raise_for_status()


async def create_reviewer(documents: Documents) -> None:
    """The person that everybody can be on this machine."""
    await documents.set_texts(paths.reviewer(REVIEWER_EMAIL), {"role": "reviewer"})


async def seed_model(client: httpx.AsyncClient, plan: Plan) -> None:
    """Put the weights that came with the code where the pipeline puts the ones it trains."""
    upload = f"{plan.url('storage')}/upload/storage/v1/b/{plan.bucket('models')}/o"
    for file in sorted(WEIGHTS.glob("*/*")):
        name = paths.model_file(file.parent.name, file.name)
        query = {"uploadType": "media", "name": name, "ifGenerationMatch": "0"}
        answer = await client.post(upload, params=query, content=file.read_bytes())
        if answer.status_code != UNCHANGED:
            answer.raise_for_status()
