"""The compiled pipeline, as Vertex AI gets it."""

import json

from pipeline.retraining.pipeline import RETRIES, compiled


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
