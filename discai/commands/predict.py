"""`discai predict`: reads scans offline.

Nothing heavy is imported before the command runs.
"""

import argparse
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from discai.commands.exit_codes import ExitCode
from discai.commands.terminal import FORMATS, complain, make_folder


def add_predict(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "predict",
        help="read scans offline, no cloud and no account",
        description="Writes DIR/NAME/prediction.json, DIR/NAME/discs.csv (heights, bulge, canal "
        "and slip of each disc, a row a disc), DIR/NAME/segmentation.mha and overlay pictures for "
        "each scan, NAME being the file's name without its extension. Two scans of one name get "
        "NAME and NAME-2; a line on stdout says which scan went where. A study of several series "
        "gets DIR/NAME/1-t1 and so on, one folder for each that can be read, and "
        "DIR/NAME/study.json: one answer a disc from all of them, what each says, and what was "
        "left out and why; the same is a table on stdout. These files of an earlier result in "
        "DIR/NAME are removed first, others stay; where prediction.json is, the result is "
        "whole. A scan that can't be read is reported on stderr, leaves no result and doesn't "
        "stop the others; the exit code is then 1.",
    )
    parser.add_argument("scans", metavar="SCAN", type=Path, nargs="+", help=FORMATS)
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="output folder")
    parser.add_argument(
        "--model",
        metavar="DIR",
        type=Path,
        help="folder with a model's manifest.json and weights (default: the built-in model)",
    )
    parser.add_argument(
        "--backend",
        metavar="NAME",
        default="",
        help="what runs the networks: tensorflow, openvino-f32 or openvino-bf16 "
        "(default: the fastest of those installed that reads as TensorFlow does)",
    )
    parser.add_argument(
        "--dicom",
        action="store_true",
        help="of a DICOM series also write segmentation.dcm, report.dcm (a structured report) and "
        "report-page.dcm (a PDF): new series of its study, which carry its patient's identity; of "
        "other scans a note on stderr says that there are none",
    )
    parser.add_argument(
        "--nifti", action="store_true", help="also write the segmentation as segmentation.nii.gz"
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="skip scans that this model has read into DIR since their files were last changed, "
        "and of studies those of which no series failed",
    )
    parser.add_argument(
        "--statistics",
        metavar="FILE.csv",
        type=Path,
        help="also write the discs of all scans as one table: the columns of discs.csv, the first "
        "of which names the result's folder within DIR",
    )
    printed = parser.add_mutually_exclusive_group()
    printed.add_argument(
        "--json",
        dest="stdout",
        action="store_const",
        const="json",
        help="print an object for each reading, study and failure on stdout, one a line, instead "
        "of lines for people: its prediction.json, study.json or error",
    )
    printed.add_argument(
        "--quiet",
        dest="stdout",
        action="store_const",
        const="nothing",
        help="print failures and notes alone, on stderr, and draw no progress",
    )
    parser.set_defaults(run=predict, stdout="text")


def predict(options: argparse.Namespace) -> int:
    """Reads the scans; returns the exit code."""
    make_folder(options.out)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _quiet_libraries():
        from discai.commands.asked_for import AskedFor
        from discai.commands.batch import output_folders, predict_all
        from discai.commands.resuming import is_done, results_below
        from discai.commands.statistics import write_statistics
        from discai.commands.stdout import Stdout
        from discai.predictor import Predictor
        from discai.scratch import Scratch

        if options.model:
            predictor = Predictor.load(options.model, options.backend)
        else:
            predictor = Predictor.bootstrap(options.backend)
        predictor.warm()
    asked_for = AskedFor(dicom=options.dicom, nifti=options.nifti)

    def skips(path: Path, folder: Path) -> bool:
        digest, wanted = predictor.model_digest, asked_for.names
        return options.resume and is_done(path, folder, digest, wanted)

    with Scratch():
        failed = predict_all(
            predictor,
            options.scans,
            options.out,
            complain,
            asked_for,
            Stdout(options.stdout),
            skips,
        )
    if options.statistics:
        folders = output_folders(options.scans, options.out)
        results = [result for folder in folders for result in results_below(folder)]
        write_statistics(options.statistics, options.out, results)
    return ExitCode.FAILED if failed else ExitCode.DONE


@contextlib.contextmanager
def _quiet_libraries() -> Iterator[None]:
    """Keeps off stderr what TensorFlow's C++ code prints at its start, whatever its log level.

    Exceptions still arrive: they are printed later, by us.
    """
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
