"""Preparation for retraining on one machine: `python -m infrastructure.local.retraining PLAN.json`.

Compiles the pipeline, draws synthetic patients to learn from and to be judged on, puts all of it
where the functions look, and makes the model that came with the code the one in production. The
data is drawn once; a second start finds it.
"""

import json
import sys
from pathlib import Path

from google.cloud import storage

from discai.cloud.firestore import FirestoreDatabase
from discai.cloud.retraining_settings import RetrainingSettings
from discai.predictor import built_in_model
from infrastructure.local.plan import Plan
from pipeline.commands.seed import seed
from pipeline.data.original import PARTS, pack, upload
from pipeline.data.phantoms import write_data
from pipeline.retraining.pipeline import compiled, template_name

REGION = "europe-west4"
#: The steps run in this machine's own environment; kfp wants a name all the same.
IMAGE = "discai-pipeline-python:local"


def prepare(plan: Plan) -> dict[str, str]:
    """Puts everything in place; returns the variables that tell the functions of it."""
    buckets = storage.Client(plan.project)
    bucket = buckets.bucket(plan.bucket("pipeline"))
    template = compiled(IMAGE)
    bucket.blob(template_name(template)).upload_from_string(template)
    addresses = {
        part: upload(bucket, part, folder) for part, folder in synthetic_parts(plan.data).items()
    }
    seed(FirestoreDatabase.connect(plan.project), buckets, plan.bucket("models"), built_in_model())
    settings = RetrainingSettings(
        google_cloud_project=plan.project,
        results_bucket=plan.bucket("results"),
        models_bucket=plan.bucket("models"),
        pipeline_bucket=bucket.name,
        pipeline_template=f"gs://{bucket.name}/{template_name(template)}",
        pipeline_region=REGION,
        pipeline_endpoint=plan.url("vertex"),
        original_dataset=addresses["original"],
        evaluation_set=addresses["evaluation"],
        # More of either would take longer on two cores than anybody waits.
        tuning_trials=1,
        calibration_repeats=1,
        worker_image="discai-worker:local",
    )
    return {
        name.upper(): str(value) for name, value in settings.model_dump(exclude_unset=True).items()
    }


def synthetic_parts(folder: Path) -> dict[str, Path]:
    """The two parts of the synthetic data, drawn unless they are there."""
    packed = folder / "synthetic"
    done = packed / "done.json"
    if not done.exists():
        write_data(packed / "drawn")
        names = {part: pack(packed / "drawn", part, packed).name for part in PARTS}
        done.write_text(json.dumps(names))
    return {part: packed / part / name for part, name in json.loads(done.read_text()).items()}


if __name__ == "__main__":
    the_plan = Plan.load(Path(sys.argv[1]))
    (the_plan.folder / "retraining.json").write_text(json.dumps(prepare(the_plan)))
