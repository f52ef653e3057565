"""The retraining pipeline; `python -m pipeline.retraining.pipeline` compiles it for Vertex AI."""

import argparse
import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any, Final

import yaml
from kfp import compiler, dsl

from pipeline.retraining.components import components

NAME: Final = "discai-retraining"
#: A step is tried again after a fault of its machine, and when a cheaper one was taken away.
RETRIES: Final = 2


def retraining_pipeline(image: str, accelerator: str | None) -> Any:
    """The pipeline whose steps run in `image`; training gets an accelerator such as `NVIDIA_L4`."""
    steps = components(image)

    def light(task: Any, name: str) -> Any:
        return task.set_display_name(name).set_caching_options(False).set_retry(RETRIES)

    def heavy(task: Any, name: str) -> Any:
        task = light(task, name).set_cpu_limit("4").set_memory_limit("16G")
        if accelerator:
            task = task.set_accelerator_type(accelerator).set_accelerator_limit(1)
        return task

    @dsl.pipeline(  # type: ignore[untyped-decorator]  # KFP ships no types
        name=NAME, description="From reviewers' corrections to a better model."
    )
    def retraining(
        run: str, cutoff: str, settings: dict[str, Any], retrain_segmentation: bool = False
    ) -> None:
        """One retraining run.

        1. snapshot: what reviewers have said, frozen at the cutoff;
        2. prepare: crops with labels, the original ones among them, as a dataset with a digest;
        3. tune: search hyperparameters on folds of patients;
        4. train: the challenger, and the segmentation under it if that is asked for;
        5. register: the challenger's files under its version, for good;
        6. evaluate: against production, on patients that never train;
        7. promote: move the pointer, if the challenger is better, and worse nowhere.

        Whatever happens, the exit handler closes the run; only one that came to a decision
        consumes its labels.
        """
        of = {"settings": settings, "run": run}
        closing = light(steps.close(**of), "Close the run")
        with dsl.ExitHandler(closing, name="Retraining"):
            snapshot = light(steps.snapshot(**of, cutoff=cutoff), "Snapshot labels")
            labels = snapshot.outputs["labels"]

            prepared = heavy(steps.prepare(**of, labels=labels), "Prepare dataset")
            dataset = prepared.outputs["Output"]

            tuned = heavy(steps.tune(**of, dataset=dataset), "Tune")

            trained = heavy(
                steps.train(
                    **of,
                    dataset=dataset,
                    hyperparameters=tuned.output,
                    retrain_segmentation=retrain_segmentation,
                    labels=labels,
                ),
                "Train",
            )
            version = trained.outputs["Output"]

            registered = light(steps.register(**of, model=trained.outputs["model"]), "Register")

            evaluated = heavy(
                steps.evaluate(**of, version=version, dataset=dataset).after(registered),
                "Evaluate against production",
            )
            with dsl.If(evaluated.outputs["Output"] == True, name="Better"):  # noqa: E712
                light(steps.promote(**of, registry_name=registered.output), "Promote")

    return retraining


def compiled(image: str, accelerator: str | None = None) -> bytes:
    """The compiled pipeline as JSON, the same bytes for the same arguments."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pipeline.yaml"
        compiler.Compiler().compile(retraining_pipeline(image, accelerator), str(path))
        template = yaml.safe_load(path.read_text(encoding="utf-8"))
    return json.dumps(template, sort_keys=True).encode()


def template_name(template: bytes) -> str:
    """The name under which a compiled pipeline lies in its bucket: its digest."""
    return f"templates/{hashlib.sha256(template).hexdigest()}.json"


def main() -> None:
    """Write the compiled pipeline into a folder and print its name there."""
    parser = argparse.ArgumentParser(
        "python -m pipeline.retraining.pipeline", description=main.__doc__
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--image", required=True, help="container image of the steps, by digest")
    parser.add_argument("--accelerator", help="for training, such as NVIDIA_L4 (default: none)")
    options = parser.parse_args()
    template = compiled(options.image, options.accelerator)
    path = options.out / template_name(template)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(template)
    print(template_name(template))


if __name__ == "__main__":
    main()
