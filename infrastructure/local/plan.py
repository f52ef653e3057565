"""Plan of one local cloud: folders, ports, names and the variables that name them."""

import json
import shlex
from dataclasses import asdict, dataclass
from pathlib import Path

from infrastructure.local.supervision.ports import HOST, Ports
from infrastructure.local.topology import Topology
from infrastructure.local.usual_ports import ARCHIVE_PORTS, FIRST_FUNCTION_PORT, USUAL_PORTS

ROOT = Path(__file__).resolve().parents[2]
REVIEWER_EMAIL = "reviewer@discai.example"
#: Has an account with the same password, and no role until an administrator gives one.
COLLEAGUE_EMAIL = "colleague@discai.example"
REVIEWER_PASSWORD = "sagittal"  # noqa: S105 (signs in to this machine only)


@dataclass(frozen=True)
class Plan:
    """The layout of one local cloud.

    Attributes:
        folder: everything that it keeps; `.local` of the checkout unless said otherwise.
        ports: by the name of the process that listens.
        topic: short name of the one that queues scans.
        listen_host: the address that everything listens on.
    """

    folder: Path
    project: str
    ports: dict[str, int]
    topic: str
    listen_host: str = HOST

    @classmethod
    def make(cls, folder: Path, topology: Topology, ports: Ports, *, pacs: bool = False) -> "Plan":
        """A plan that holds the ports of the last run, so that open pages find it again.

        Another cloud may have them, or the usual ones: then it has others.
        """
        usual = USUAL_PORTS | (ARCHIVE_PORTS if pacs else {})
        for number, function in enumerate(topology.functions):
            usual[function] = FIRST_FUNCTION_PORT + number
        file = folder / "plan.json"
        last = json.loads(file.read_text(encoding="utf-8"))["ports"] if file.exists() else {}
        held = {name: ports.hold(last.get(name, port)) for name, port in usual.items()}
        (worker,) = topology.subscriptions
        return cls(folder, topology.project, held, worker.topic, ports.host)

    @classmethod
    def load(cls, file: Path) -> "Plan":
        """The plan that `save` wrote."""
        value = json.loads(file.read_text(encoding="utf-8"))
        return cls(**value | {"folder": Path(value["folder"])})

    @property
    def file(self) -> Path:
        """File to which `save` writes the plan."""
        return self.folder / "plan.json"

    def save(self) -> None:
        """Write it for the processes that are started by it."""
        self.file.write_text(json.dumps(asdict(self) | {"folder": str(self.folder)}, indent=2))

    def address(self, name: str) -> str:
        """`host:port` of a process."""
        return f"{HOST}:{self.ports[name]}"

    def url(self, name: str) -> str:
        """The URL of a process."""
        return f"http://{self.address(name)}"

    @property
    def data(self) -> Path:
        """Folder that survives a restart."""
        return self.folder / "data"

    @property
    def journal(self) -> Path:
        """Journal of what was written to Firestore."""
        return self.data / "journal.sqlite"

    @property
    def has_archive(self) -> bool:
        """Tell if an archive is part of this cloud."""
        return "orthanc" in self.ports

    @property
    def orthanc(self) -> Path:
        """Folder of the archive."""
        return self.data / "orthanc"

    @property
    def vertex_jobs(self) -> Path:
        """Folder of the jobs of Vertex AI."""
        return self.data / "vertex" / "jobs"

    @property
    def signing_key(self) -> Path:
        """The service account key that signs URLs."""
        return self.folder / "signing-key.json"

    @property
    def study_keys_secret(self) -> Path:
        """The secret under which keys of studies and patients are made."""
        return self.folder / "study-keys-secret"

    @property
    def users(self) -> Path:
        """People who may sign in."""
        return self.folder / "users.json"

    def bucket(self, key: str) -> str:
        """The name of a bucket of the topology."""
        return f"{self.project}-{key}"

    def emulator_variables(self) -> dict[str, str]:
        """Variables that point Google's client libraries to this machine."""
        return {
            "GOOGLE_CLOUD_PROJECT": self.project,
            "FIRESTORE_EMULATOR_HOST": self.address("firestore"),
            "PUBSUB_EMULATOR_HOST": self.address("pubsub"),
            "STORAGE_EMULATOR_HOST": self.url("storage"),
            "FIREBASE_AUTH_EMULATOR_HOST": self.address("auth"),
            **{
                f"{key.upper()}_BUCKET": self.bucket(key)
                for key in ("uploads", "results", "models", "pipeline")
            },
        }

    def archive_variables(self) -> dict[str, str]:
        """Variables that say where the archive is; none without one."""
        if not self.has_archive:
            return {}
        return {"DICOMWEB_URL": f"{self.url('orthanc')}/dicom-web"}

    def service_variables(self) -> dict[str, str]:
        """Variables that the functions or the worker read."""
        return {
            **self.emulator_variables(),
            **self.archive_variables(),
            "INFERENCE_TOPIC": self.topic,
            "WEB_ORIGIN": self.url("web"),
            "SIGNING_KEY_FILE": str(self.signing_key),
            "STUDY_KEYS_SECRET": self.study_keys_secret.read_text(encoding="ascii"),
        }

    def shell_variables(self) -> dict[str, str]:
        """Variables that another program needs to join: `set -a; . .local/env`."""
        return {
            **self.emulator_variables(),
            **self.archive_variables(),
            **({"DICOM_PORT": str(self.ports["orthanc-dicom"])} if self.has_archive else {}),
            "WEB_URL": self.url("web"),
            "WEB_ORIGIN": self.url("web"),
            "API_URL": self.url("api"),
            "PIPELINE_JOBS": str(self.vertex_jobs),
            "REVIEWER_EMAIL": REVIEWER_EMAIL,
            "REVIEWER_PASSWORD": REVIEWER_PASSWORD,
            "CLOUDSDK_CORE_PROJECT": self.project,
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": f"{self.url('storage')}/storage/v1/",
            "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
            "CLOUDSDK_CORE_DISABLE_PROMPTS": "true",
            "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
            "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "true",
            "BOTO_CONFIG": str(self.folder / "boto"),
        }

    def write_shell_variables(self, more: dict[str, str]) -> None:
        """Write `env`, some `more` in it, and the file that makes `gsutil` do as `gcloud`."""
        (self.folder / "boto").write_text("[GSUtil]\nuse_gcloud_storage = True\n")
        lines = (
            f"{key}={shlex.quote(value)}\n"
            for key, value in (self.shell_variables() | more).items()
        )
        new = self.folder / "env.new"  # readers must find it whole
        new.write_text("".join(lines))
        new.replace(self.folder / "env")
