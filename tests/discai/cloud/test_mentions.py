"""What the jobs of the local Vertex AI hold of a scan goes with it, and nothing of another."""

import json

from discai.cloud.mentions import remove_from_jobs

MINE, OTHER = "a" * 26, "b" * 26


def test_a_job_s_folder_forgets_one_scan_and_stays_whole(tmp_path):
    run = tmp_path / "retrain-000001" / "retrain-2026"
    files = {
        "snapshot/labels": json.dumps(
            {"scans": [{"scan_id": MINE}, {"scan_id": OTHER}], "refused": [{"scan_id": MINE}]}
        ),
        "prepare/crops.csv": f"crop,scan\n{MINE}.png,{MINE}\n{OTHER}.png,{OTHER}\n",
        "prepare/executor_output.json": json.dumps({"scan": MINE}),
        "train/executor_output.json": json.dumps({"scan": OTHER}),
        f"prepare/{MINE}/slice.png": "picture",
        f"prepare/{MINE}-L4-L5.png": "crop",
        f"prepare/{OTHER}-L4-L5.png": "crop",
    }
    for name, text in files.items():
        path = run / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "retrain-000001.json").write_text(json.dumps({"note": MINE}))
    (tmp_path / "retrain-000001.log").write_text(f"read {MINE}\nread {OTHER}\n")

    removed = list(remove_from_jobs(MINE, tmp_path))

    assert len(removed) == 6
    assert json.loads((run / "snapshot/labels").read_text()) == {
        "scans": [{"scan_id": OTHER}],
        "refused": [],
    }
    assert (run / "prepare/crops.csv").read_text() == f"crop,scan\n{OTHER}.png,{OTHER}\n"
    assert (tmp_path / "retrain-000001.log").read_text() == f"read {OTHER}\n"
    assert (tmp_path / "retrain-000001.json").exists()
    assert sorted(path.name for path in run.rglob("*") if path.is_file()) == [
        f"{OTHER}-L4-L5.png",
        "crops.csv",
        "executor_output.json",
        "labels",
    ]
    assert list(remove_from_jobs(MINE, tmp_path)) == []


def test_without_jobs_there_is_nothing_to_forget(tmp_path):
    assert list(remove_from_jobs(MINE, tmp_path / "none")) == []
