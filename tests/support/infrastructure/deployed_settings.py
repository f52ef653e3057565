"""The variables that a planned deployment sets, against those that the services read."""

from typing import Any

from discai.cloud.archive_settings import ArchiveSettings
from discai.cloud.environment import own_fields
from discai.cloud.retraining_settings import RetrainingSettings
from functions.settings import Settings as FunctionSettings
from inference_service.settings import Settings as WorkerSettings
from tests.support.terraform import Plan

#: Variables that a service reads and that a deployment leaves alone, and why.
ONLY_ELSEWHERE = {
    "SIGNING_KEY_FILE": "in the cloud IAM signs, and nobody holds a key",
    "PIPELINE_ENDPOINT": "names a stand-in for Vertex AI",
    "MODEL_DIR": "serves a model of one's own",
    "MODEL_POLL_SECONDS": "the default is right",
    "TUNING_TRIALS": "the default is right",
    "SEGMENTATION_STEPS": "the default is right",
    "CALIBRATION_REPEATS": "the default is right",
    "CORRECTION_WEIGHT": "the default is right",
    "ACCEPTANCE_WEIGHT": "the default is right",
    "BACKEND": "empty is the best one that the machine has",
    "TURN_SECONDS": "Cloud Run queues requests before the worker",
    "LISTEN_HOST": "the image sets it",
    "PORT": "Cloud Run sets it",
    "K_SERVICE": "Cloud Run sets it",
    "DICOMWEB_USER": "the Healthcare API knows service accounts",
    "DICOMWEB_PASSWORD": "the Healthcare API knows service accounts",
}

#: What the functions framework reads: which function a service is, and how many calls it takes.
FRAMEWORK = {"FUNCTION_TARGET", "THREADS"}


#: Services that make keys of what DICOM files say: nobody else gets the secret.
MAY_MAKE_KEYS = (".worker", '["on-instance-stored"]', '["on-scan-uploaded"]', '["sweep"]')


def wrong_variables(plan: Plan) -> list[str]:
    """A line for each variable that a service reads and does not get, or gets and does not read."""
    found = []
    for address, service in plan.resources.items():
        if not address.startswith("google_cloud_run_v2_service."):
            continue
        fields = own_fields(FunctionSettings) | own_fields(RetrainingSettings)
        if address.endswith(".worker"):
            fields = own_fields(WorkerSettings) | own_fields(ArchiveSettings)
        read = {name.upper() for name in fields}
        if not address.endswith(MAY_MAKE_KEYS):
            read -= {"STUDY_KEYS_SECRET"}
        given = variables_of(service).keys() - FRAMEWORK
        found += [f"{address} lacks {name}" for name in read - ONLY_ELSEWHERE.keys() - given]
        found += [f"{address} does not read {name}" for name in given - read]
    return found


def variables_of(service: dict[str, Any]) -> dict[str, str]:
    """The environment of a planned Cloud Run service."""
    [container] = service["template"][0]["containers"]
    return {variable["name"]: variable.get("value", "") for variable in container["env"]}
