"""Documents that the pages show, without the hours that it would take to make them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from google.cloud import firestore

from discai.anatomy import LEVELS
from discai.cloud import paths
from discai.cloud.paths import scan_id
from discai.records.models import (
    Comparison,
    Dataset,
    Evaluation,
    Guard,
    Measured,
    ModelVersion,
    Move,
    ProductionPointer,
    RefusedLabel,
    ReliabilityBin,
    RetrainingControl,
    RetrainingRun,
    RocPoint,
    RunStep,
)
from discai.records.record import Failure
from discai.records.scans import DiscAtAGlance, ScanRecord, StoredObject, Timings
from discai.records.worklist import search_terms, uncertainty
from tests.support.records import run_of

THRESHOLD = 0.25
BATCH = 400


def seeded_scan(name: str, minutes_old: float = 60, **changes: Any) -> tuple[str, ScanRecord]:
    """A scan that waits to be read, unless `changes` say otherwise; with its id."""
    key = scan_id("seeds", name, 1)
    at = datetime.now(UTC) - timedelta(minutes=minutes_old)
    scan = ScanRecord(
        object=StoredObject(bucket="seeds", name=f"x/{name}", generation=1, size=1_000_000),
        created_at=at,
        updated_at=at,
        timings=Timings(queued=at),
        search_terms=search_terms(key, name, changes.get("uploaded_by") or ""),
    )
    return key, scan.model_copy(update=changes)


def as_read(*herniations: float) -> dict[str, Any]:
    """The changes that a reading makes, with these probabilities from L1-L2 downwards."""
    discs = [
        DiscAtAGlance(level=level, herniation=p)
        for level, p in zip(LEVELS, herniations, strict=False)
    ]
    return {
        "status": "done",
        "discs": discs,
        "highest_herniation": max(herniations),
        "uncertainty": uncertainty(herniations, THRESHOLD),
        "herniation_threshold": THRESHOLD,
    }


GIVEN_UP = {
    "status": "dead",
    "attempt": 20,
    "error": Failure(code="gave-up", message="The scan could not be read after many attempts."),
}


def write_scans(database: firestore.Client, scans: Iterable[tuple[str, ScanRecord]]) -> list[str]:
    """Puts them into Firestore; their ids."""
    all_scans = list(scans)
    for start in range(0, len(all_scans), BATCH):
        batch = database.batch()
        for key, scan in all_scans[start : start + BATCH]:
            batch.set(database.document(paths.scan(key)), scan.to_document())
        batch.commit()
    return [key for key, _ in all_scans]


def delete_scans(database: firestore.Client, keys: list[str]) -> None:
    """Takes them out again."""
    for start in range(0, len(keys), BATCH):
        batch = database.batch()
        for key in keys[start : start + BATCH]:
            batch.delete(database.document(paths.scan(key)))
        batch.commit()


def model_documents(first: str) -> dict[str, dict[str, Any]]:
    """A model of `first` and its better successor, three runs, pointer and countdown, by path."""
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    pointer = ProductionPointer(
        model_version="seeded-better",
        model_digest="sha256:0",
        since=now - 28 * hour,
        history=[
            Move(model_version=first, at=now - 90 * hour, by="installation", reason="The first."),
            Move(
                model_version="seeded-better",
                at=now - 28 * hour,
                by="run 2",
                reason="AUROC 0.87 against 0.83.",
            ),
        ],
    )
    control = RetrainingControl(
        epoch=2, cutoff=now - 30 * hour, count=41, counted_at=now, threshold=50
    )
    records = {
        paths.model(first): _model(first, 0.83),
        paths.model("seeded-better"): _model("seeded-better", 0.87),
        paths.run(1): _failed_run(now - 40 * hour),
        paths.run(2): _promoting_run(now - 30 * hour, first),
        paths.run(3): run_of(
            3, now - hour / 6, state="running", count=53, steps=_steps(5), trigger="person"
        ),
        paths.PRODUCTION: pointer,
        paths.RETRAINING: control,
    }
    return {path: record.to_document() for path, record in records.items()}


def _failed_run(began: datetime) -> RetrainingRun:
    return run_of(
        1,
        began,
        count=53,
        state="failed",
        ended_at=began + timedelta(minutes=30),
        steps=_steps(3, at="failed", after="skipped"),
        error=Failure(code="pipeline-failed", message="Training ran out of memory."),
    )


def _promoting_run(began: datetime, production: str) -> RetrainingRun:
    return run_of(
        2,
        began,
        state="succeeded",
        count=53,
        ended_at=began + timedelta(hours=2),
        steps=_steps(7),
        dataset=Dataset(
            digest="sha256:1",
            scans=53,
            crops=265,
            herniated=41,
            from_corrections=198,
            from_acceptances=67,
            original=1045,
            refused=2,
        ),
        refused=[
            RefusedLabel(
                scan_id="a" * 26,
                reason="The model outlines no disc where L4-L5 was drawn.",
                advice="Ask an engineer.",
            )
        ],
        model_version="seeded-better",
        comparison=Comparison(
            metric="auroc",
            production_version=production,
            difference=Measured(value=0.04, low=0.005, high=0.08, count=145, patients=29),
            p_value=0.021,
            guards=[
                Guard(name="L4-L5", production=0.83, challenger=0.87, margin=0.03, passed=True),
                Guard(name="Siemens", production=0.81, challenger=0.8, margin=0.03, passed=True),
            ],
            changed_scans=7,
        ),
        decision="promoted",
        reason="Promoted: AUROC 0.87 against 0.83 (paired p = 0.021), and no guard was broken.",
        job_url="https://console.cloud.google.com/vertex-ai/pipelines",
    )


def _steps(done: int, at: str = "running", after: str = "waiting") -> list[RunStep]:
    names = ["snapshot", "prepare", "tune", "train", "register", "evaluate", "promote"]
    states = ["succeeded"] * done + [at] + [after] * len(names)
    return [RunStep(name=name, state=state) for name, state in zip(names, states, strict=False)]


def _model(version: str, auroc: float) -> ModelVersion:
    return ModelVersion(
        model_version=version,
        model_digest="sha256:0",
        created_at=datetime.now(UTC),
        herniation_threshold=THRESHOLD,
        evaluation=Evaluation(
            dataset_digest="sha256:9",
            patients=29,
            discs=145,
            herniated=17,
            metrics={
                "auroc": _measured(auroc),
                "sensitivity": _measured(auroc - 0.1),
                "calibrationError": _measured(0.05, half_width=0.02),
            },
            auroc_by_level={level: _measured(auroc - 0.02) for level in LEVELS[2:]},
            auroc_by_group={
                "Philips": _measured(auroc),
                "Siemens": _measured(auroc - 0.03),
                "T1": _measured(auroc - 0.04),
                "T2": _measured(auroc),
            },
            roc=[
                RocPoint(false_positive_rate=i / 20, sensitivity=(i / 20) ** ((1 - auroc) / auroc))
                for i in range(21)
            ],
            reliability=[
                ReliabilityBin(predicted=0.05 + i / 10, observed=i / 10, count=40 // (i + 1))
                for i in range(10)
            ],
        ),
        git_commit="0",
        seconds={},
    )


def _measured(value: float, half_width: float = 0.07) -> Measured:
    low, high = max(0.0, value - half_width), min(1.0, value + half_width)
    return Measured(value=value, low=low, high=high, count=145, patients=29)
