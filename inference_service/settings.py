"""What the worker needs to know about where it runs."""

from dataclasses import dataclass

from discai.cloud.scans import LEASE_SECONDS
from discai.errors import PermanentError


@dataclass(frozen=True)
class Settings:
    """Each field is the environment variable of its name in capitals.

    Attributes:
        google_cloud_project: the project's id.
        results_bucket: where artifacts go.
        push_audience: with `push_service_account`, verifies the OIDC token of each push; both
            empty where pushes come without one, as the emulator's do.
        push_service_account: whose token that must be, by its e-mail address.
        models_bucket: where the models in production come from; empty to serve the one in the
            repository whatever is in production.
        model_poll_seconds: how often the worker asks which model is in production.
        model_dir: a folder with the model to serve, whatever is in production.
        backend: what runs the model, one of `discai.backends.BACKEND_NAMES`; empty for the best.
        lease_seconds: how long a scan stays with a worker that has died.
        turn_seconds: how long a request waits while another one is read, where nothing else
            queues them; Cloud Run does.
        port: where it listens.
        k_service: the service's name; Cloud Run sets it, and checks the tokens of pushes itself.
    """

    google_cloud_project: str
    results_bucket: str
    push_audience: str = ""
    push_service_account: str = ""
    models_bucket: str = ""
    model_poll_seconds: float = 5.0
    model_dir: str = ""
    backend: str = ""
    lease_seconds: float = LEASE_SECONDS
    turn_seconds: float = 0.0
    port: int = 8080
    k_service: str = ""

    def __post_init__(self) -> None:
        if bool(self.push_audience) != bool(self.push_service_account):
            raise PermanentError(
                "settings", "Set both PUSH_AUDIENCE and PUSH_SERVICE_ACCOUNT, or neither of them."
            )
