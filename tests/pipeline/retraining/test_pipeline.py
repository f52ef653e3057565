"""The compiled pipeline, as Vertex AI gets it."""

import json

import pytest

from pipeline.retraining.pipeline import RETRIES, compiled

pytestmark = pytest.mark.model  # KFP takes as long to import as TensorFlow


def test_every_step_is_tried_again_the_one_that_closes_the_run_too():
    template = json.loads(compiled("example.test/pipeline"))
    dags = [template["root"], *template["components"].values()]
    tasks = {
        name: task
        for dag in dags
        for name, task in dag.get("dag", {}).get("tasks", {}).items()
        if "executorLabel" in template["components"][task["componentRef"]["name"]]
    }
    assert len(tasks) == 8
    tries = {name: task.get("retryPolicy", {}).get("maxRetryCount") for name, task in tasks.items()}
    assert tries == dict.fromkeys(tasks, RETRIES)
    assert tasks["close"]["triggerPolicy"]["strategy"] == "ALL_UPSTREAM_TASKS_COMPLETED"
