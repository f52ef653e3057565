"""Measure a model version and write the report:

    python -m pipeline.evaluation --data ../shared/data --publish

The report shows patients; it goes to `.local/evaluation/`, which git ignores. `--publish` writes
what may lie in the repository: numbers, model card and `docs/model`. With `--data` and `--measured`
the parts that `--only` names are measured again, and the others kept:

    python -m pipeline.evaluation --data DATA --measured WEIGHTS --only studies --publish
"""

import argparse
import logging
from pathlib import Path

from discai.herniation.crops import CROPS_ID
from discai.manifest import load_manifest
from discai.predictor import Predictor, built_in_model
from discai.segmentation.grid import PREPROCESSING_ID
from pipeline.data.provenance import git_commit
from pipeline.evaluation.measure import PARTS, evaluate
from pipeline.evaluation.readings import Readings
from pipeline.evaluation.record import EvaluationRecord
from pipeline.evaluation.report.gallery import gallery_html
from pipeline.evaluation.report.page import write_documentation, write_report
from pipeline.evaluation.report.publish import publish_beside
from pipeline.evaluation.sets import ReadSet, Sets

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "model"

log = logging.getLogger(__name__)


def main() -> None:
    """Measure from the command line."""
    arguments = _arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    weights = arguments.weights or built_in_model()
    if arguments.data:
        evaluation, gallery = _measure(arguments, weights)
        if arguments.measured:
            evaluation = EvaluationRecord.load(arguments.measured).with_parts_of(evaluation)
        evaluation.save(arguments.out)
    else:
        evaluation, gallery = EvaluationRecord.load(arguments.measured), ""
    log.info("wrote %s", write_report(arguments.out, evaluation, gallery))
    if arguments.publish:
        publish_beside(weights, evaluation)
        write_documentation(DOCUMENTATION, evaluation)
        log.info("wrote the card in %s and %s", weights, DOCUMENTATION)


def _measure(arguments: argparse.Namespace, weights: Path) -> tuple[EvaluationRecord, str]:
    """The record, and the pictures of what went wrong as HTML."""
    manifest, _ = load_manifest(weights, preprocessing_id=PREPROCESSING_ID, crops_id=CROPS_ID)
    cache = arguments.cache or arguments.out / "readings"
    readings = Readings(Predictor.load(weights), weights, cache)
    sets = Sets(arguments.data, readings.read_all, arguments.limit)
    evaluation = evaluate(sets, manifest, weights, git_commit(), arguments.only)
    seen = sets.held_out if evaluation.failures else ReadSet([], [])
    return evaluation, gallery_html(seen, evaluation.failures)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.evaluation",
        description="Measure a model version and write the report.",
    )
    parser.add_argument("--data", type=Path, help="the data folder")
    parser.add_argument(
        "--measured",
        type=Path,
        help="a folder with evaluation.json: show it again, and measure nothing without --data",
    )
    parser.add_argument(
        "--weights", type=Path, help="a model version; the newest that came with the code if absent"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(".local/evaluation"),
        help="where the report goes (default: %(default)s)",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        help="where readings are kept, so that a broken run goes on (default: OUT/readings)",
    )
    parser.add_argument(
        "--only",
        type=lambda text: text.split(","),
        default=list(PARTS),
        metavar="PART,PART",
        help=f"of {','.join(PARTS)}",
    )
    parser.add_argument(
        "--limit", type=int, metavar="N", help="only N scans of each set, for a quick look"
    )
    parser.add_argument(
        "--publish",
        action="store_true",
        help="write the numbers and the model card beside the weights, and docs/model",
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.only) - set(PARTS):
        parser.error(f"no part is called {', '.join(sorted(unknown))}")
    if not (arguments.data or arguments.measured):
        parser.error("one of --data and --measured is needed")
    is_whole = set(arguments.only) == set(PARTS) or arguments.measured
    if arguments.publish and (arguments.limit or not is_whole):
        parser.error("only a whole evaluation can be published")
    return arguments


if __name__ == "__main__":
    main()
