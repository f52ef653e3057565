"""Messages on the worker's topic: scans to read, and studies whose results are to be filed."""

import json

from discai.cloud.scans import request_of_message
from discai.records.filing import FilingRequest
from discai.records.scans import InferenceRequest

AnyRequest = InferenceRequest | FilingRequest


def any_request_of(message: bytes) -> AnyRequest:
    """The request that a message carries; raises `ValueError` for anything else."""
    fields = json.loads(message)
    if isinstance(fields, dict) and "studyKey" in fields:
        return FilingRequest.model_validate(fields)
    return request_of_message(message)
