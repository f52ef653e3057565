"""`topology.yaml` as typed values, with the names and delays that hold on one machine."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

TOPOLOGY = Path(__file__).resolve().parents[1] / "topology.yaml"


@dataclass(frozen=True)
class Bucket:
    """A bucket and what a browser may do with it."""

    name: str
    browser_uploads: bool
    browser_reads: bool
    versioned: bool


@dataclass(frozen=True)
class Retry:
    """Wait of Pub/Sub before it delivers again."""

    minimum_backoff_seconds: float
    maximum_backoff_seconds: float


@dataclass(frozen=True)
class Subscription:
    """A push subscription; `service` is the key of the service that it pushes to."""

    name: str
    topic: str
    service: str
    path: str
    ack_deadline_seconds: int
    retry: Retry | None
    dead_letter_topic: str
    max_delivery_attempts: int


@dataclass(frozen=True)
class Trigger:
    """Caller of a function: events of a bucket, of a topic or of documents, or the clock.

    Attributes:
        document: a path pattern.
        every_seconds: for a schedule.
    """

    function: str
    type: str
    bucket: str | None
    topic: str | None
    document: str | None
    retry: bool
    every_seconds: float | None


@dataclass(frozen=True)
class Call:
    """A function that the clock calls under a path of its own."""

    function: str
    path: str
    every_seconds: float


@dataclass(frozen=True)
class Topology:
    """Everything that exists in the cloud, by the names it has in one project.

    Attributes:
        functions: their targets by name.
        worker: its `lease_seconds` and `turn_seconds`.
        gathering: what makes scans of loose slices.
        retrain_threshold: newly labelled scans that start a retraining run.
    """

    project: str
    buckets: dict[str, Bucket]
    topics: tuple[str, ...]
    subscriptions: tuple[Subscription, ...]
    functions: dict[str, str]
    worker: dict[str, float]
    retrain_threshold: int
    triggers: tuple[Trigger, ...]
    gathering: Call

    @classmethod
    def load(cls, path: Path = TOPOLOGY) -> "Topology":
        """Read the file; raises `KeyError` where something that must be said is not."""
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        project = document["project"]
        return cls(
            project=project,
            buckets={
                key: Bucket(
                    name=f"{project}-{key}",
                    browser_uploads=bucket.get("browser_uploads", False),
                    browser_reads=bucket.get("browser_reads", False),
                    versioned=bucket.get("versioned", False),
                )
                for key, bucket in document["buckets"].items()
            },
            topics=tuple(document["topics"]),
            subscriptions=tuple(
                subscription(name, entry) for name, entry in document["subscriptions"].items()
            ),
            functions={key: entry["target"] for key, entry in document["functions"].items()},
            worker=document["services"]["inference-service"]["local"],
            retrain_threshold=document["retraining"]["local"]["threshold"],
            triggers=tuple(
                Trigger(
                    function=key,
                    type=entry["trigger"]["type"],
                    bucket=entry["trigger"].get("bucket"),
                    topic=entry["trigger"].get("topic"),
                    document=entry["trigger"].get("document"),
                    retry=entry["trigger"].get("retry", False),
                    every_seconds=entry.get("local", {}).get("every_seconds"),
                )
                for key, entry in document["functions"].items()
                if entry["trigger"]["type"] != "http"
            ),
            gathering=Call(
                function=document["gathering"]["close"]["function"],
                path=document["gathering"]["close"]["path"],
                every_seconds=document["gathering"]["local"]["every_seconds"],
            ),
        )


def subscription(name: str, entry: dict[str, Any]) -> Subscription:
    """One subscription, with what its `local` part changes."""
    local = entry.get("local", {})
    retry = local.get("retry", entry["retry"])
    dead_letter = {**entry["dead_letter"], **local.get("dead_letter", {})}
    return Subscription(
        name=name,
        topic=entry["topic"],
        service=entry["push"]["service"],
        path=entry["push"]["path"],
        ack_deadline_seconds=entry["ack_deadline_seconds"],
        retry=Retry(**retry) if retry else None,
        dead_letter_topic=dead_letter["topic"],
        max_delivery_attempts=dead_letter["max_delivery_attempts"],
    )
