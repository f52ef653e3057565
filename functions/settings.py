"""What the functions need to know about where they run."""

from dataclasses import dataclass

from discai.errors import PermanentError


@dataclass(frozen=True)
class Settings:
    """Each field is the environment variable of its name in capitals.

    Attributes:
        google_cloud_project: the project's id.
        uploads_bucket: where scans come in.
        results_bucket: where artifacts and label files go.
        inference_topic: short name of the topic that queues scans.
        web_origin: the only origin whose pages may call the api.
        signing_key_file: a service account's JSON that signs URLs; empty where IAM signs.
        retrain_threshold: newly labelled scans that start a retraining run.
        pipeline_template: `gs://BUCKET/…/SHA256.json`, the compiled pipeline under a name that is
            its digest; empty where labels are only counted. All that follow are for it alone.
        pipeline_region: where Vertex AI runs it.
        pipeline_bucket: where it keeps what it makes.
        models_bucket: where it registers models.
        pipeline_service_account: who it runs as; empty for Vertex AI's default.
        pipeline_endpoint: the address of a stand-in for Vertex AI; empty for the real one.
        original_dataset: `gs://` address of what models learn from besides labels.
        evaluation_set: `gs://` address of the frozen set on which models are compared; without
            it no run is started.
        tensorboard: resource name of a Vertex AI TensorBoard that gets the logs; empty for none.
        tuning_trials: of the search for hyperparameters in a run; 0 keeps the recipe's.
        worker_image: what the model registry names as the container that serves a model.
        encryption_key: a key of Cloud KMS for pipeline jobs and registered models; empty for
            Google's own.
    """

    google_cloud_project: str
    uploads_bucket: str
    results_bucket: str
    inference_topic: str
    web_origin: str
    signing_key_file: str = ""
    retrain_threshold: int = 50
    pipeline_template: str = ""
    pipeline_region: str = ""
    pipeline_bucket: str = ""
    models_bucket: str = ""
    pipeline_service_account: str = ""
    pipeline_endpoint: str = ""
    original_dataset: str = ""
    evaluation_set: str = ""
    tensorboard: str = ""
    tuning_trials: int = 8
    worker_image: str = ""
    encryption_key: str = ""

    def __post_init__(self) -> None:
        needed = ("pipeline_region", "pipeline_bucket", "models_bucket")
        missing = [name.upper() for name in needed if not getattr(self, name)]
        if self.pipeline_template and missing:
            raise PermanentError(
                "settings", f"PIPELINE_TEMPLATE is set, so {', '.join(missing)} must be as well."
            )
