"""What the functions need to know about where they run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Each field is the environment variable of its name in capitals.

    Attributes:
        inference_topic: the topic's short name.
        web_origin: the only origin whose pages may call the api.
        signing_key_file: a service account's JSON that signs URLs; empty where IAM signs.
    """

    google_cloud_project: str
    uploads_bucket: str
    results_bucket: str
    inference_topic: str
    web_origin: str
    signing_key_file: str = ""
