"""Publishes work for the inference worker."""

from typing import Any, Final

from google.api_core.exceptions import NotFound
from google.cloud import pubsub_v1

from discai.cloud.requests import AnyRequest
from discai.cloud.retrying import retryable
from discai.errors import RetryableError

_TIMEOUT_SECONDS: Final = 30.0


class InferencePublisher:
    """Puts requests on the topic that the worker is subscribed to."""

    def __init__(self, client: pubsub_v1.PublisherClient, project: str, topic: str) -> None:
        self._client: Any = client
        self._topic = client.topic_path(project, topic)

    def publish(self, request: AnyRequest) -> None:
        """Returns when Pub/Sub has taken the message; raises `RetryableError` if it has not."""
        with retryable("Pub/Sub"):
            try:
                future = self._client.publish(
                    self._topic, request.model_dump_json(by_alias=True).encode()
                )
                future.result(timeout=_TIMEOUT_SECONDS)
            except NotFound as error:
                raise RetryableError(
                    "no-topic", "The queue for scans does not exist yet."
                ) from error
