"""Logs for TensorBoard: where they lie, and which TensorBoard gets them."""

from typing import Any

import pytest
from google.api_core.exceptions import PermissionDenied
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from discai.cloud.retraining_settings import RetrainingSettings
from pipeline.retraining.training_logs import TrainingLogs, logs_prefix, publish

TENSORBOARD = "projects/p/locations/europe-west4/tensorboards/17"


def settings(**changes: Any) -> RetrainingSettings:
    buckets: dict[str, Any] = {f"{kind}_bucket": kind for kind in ("results", "models", "pipeline")}
    return RetrainingSettings(
        google_cloud_project="p",
        pipeline_region="europe-west4",
        pipeline_template="gs://pipeline/t.json",
        **buckets,
        **changes,
    )


@pytest.fixture
def logs(tmp_path):
    logs = TrainingLogs(tmp_path)
    logs.scalars("segmentation", {"loss": 0.25}, step=100)
    logs.scalars("segmentation", {"loss": 0.125}, step=200)
    return logs


def test_a_curve_can_be_read_by_tensorboard(logs):
    events = EventAccumulator(str(logs.folder / "segmentation"), size_guidance={"tensors": 0})
    events.Reload()
    assert [event.step for event in events.Tensors("loss")] == [100, 200]


def test_a_trial_is_there_with_what_it_reached(logs):
    logs.trial("trial-0", {"units": 16, "dropout": 0.3}, 0.9)
    events = EventAccumulator(str(logs.folder / "trial-0"), size_guidance={"tensors": 0})
    events.Reload()
    assert "auroc" in events.Tags()["tensors"]


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, []),
        ({"tensorboard": TENSORBOARD}, [(TENSORBOARD, "discai-run-000007")]),
        ({"tensorboard": TENSORBOARD, "pipeline_endpoint": "http://127.0.0.1:1"}, []),
    ],
    ids=["no TensorBoard", "one that is named", "a stand-in has none"],
)
def test_logs_lie_beside_the_run_and_in_the_tensorboard_that_is_named(cloud, logs, changes, shown):
    bucket = cloud.storage.create_bucket(f"{cloud.project}-pipeline")
    asked = []
    publish(
        logs,
        bucket,
        "run-000007",
        settings(**changes),
        show=lambda _folder, tensorboard, experiment: asked.append((tensorboard, experiment)),
    )
    assert asked == shown
    assert list(bucket.list_blobs(prefix=f"{logs_prefix('run-000007')}segmentation/"))


def test_a_tensorboard_that_refuses_the_logs_costs_no_model(cloud, logs, caplog):
    def refuse(*_):
        raise PermissionDenied("aiplatform.tensorboards.get")

    bucket = cloud.storage.create_bucket(f"{cloud.project}-pipeline")
    publish(logs, bucket, "run-000007", settings(tensorboard=TENSORBOARD), show=refuse)
    assert "aiplatform.tensorboards.get" in caplog.text
