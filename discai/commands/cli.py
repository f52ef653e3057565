"""The commands `discai predict`, `serve`, `phantom`, `upload`, `forget` and `backfill-studies`.

Nothing heavy is imported before a command needs it, so that `--help` answers at once.
"""

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from discai.anatomy import LEVELS
from discai.commands.exit_codes import ExitCode
from discai.commands.predict import add_predict
from discai.commands.serve import add_serve
from discai.commands.terminal import FORMATS, complain, make_folder
from discai.errors import DiscaiError, sentence_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its `ExitCode`."""
    _print_lines_at_once()
    try:
        return _run(arguments)
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for descriptor in (1, 2):  # Python writes what is left when it ends
            os.dup2(nowhere, descriptor)
        return ExitCode.OUTPUT_CLOSED


def _run(arguments: Sequence[str] | None) -> int:
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except DiscaiError as error:
        complain(f"{error.code}: {error.message}")
        return ExitCode.WRONG_USAGE if error.code == "bad-option" else ExitCode.FAILED
    except BrokenPipeError:
        raise
    except OSError as error:
        complain(f"file-error: {sentence_of(error)}")
        return ExitCode.FAILED
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


def _print_lines_at_once() -> None:
    """Also into pipes, and whatever the encoding: names of files may be no text at all."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace", line_buffering=True)


class _Version(argparse.Action):
    """Looks for the model only when it is asked: that imports libraries."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Prints the versions and exits."""
        from discai.predictor import built_in_model

        print(f"discai {version('discai')}, model {built_in_model().name}")
        parser.exit(ExitCode.DONE)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "discai",
        description="Reads lumbar-spine MRI: outlines the intervertebral discs, names their levels "
        "and gives the probability that each is herniated. Research use only; no medical device.",
    )
    parser.add_argument(
        "--version",
        action=_Version,
        nargs=0,
        help="show the versions of DiscAI and its model, and exit",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_predict(commands)
    add_serve(commands)
    _add_phantom(commands)
    _add_upload(commands)
    _add_forget(commands)
    _add_backfill(commands)
    return parser


def _add_phantom(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "phantom",
        help="draw a synthetic lumbar MRI with one herniated disc",
        description="Draws a synthetic sagittal lumbar MRI. The same options give the same file.",
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        required=True,
        help="ends in .mha, .nii, .nii.gz, .zip (DICOM series), .png.zip (pictures) or .png",
    )
    parser.add_argument("--seed", type=int, default=0, help="another number, another patient")
    parser.add_argument(
        "--herniated", metavar="LEVEL", choices=(*LEVELS, "none"), default="L4-L5",
        help=f"{', '.join(LEVELS)} or none (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--contrast", choices=("t2", "t1"), default="t2")
    parser.add_argument(
        "--orientation",
        metavar="CODE",
        default="PIR",
        help="how the file's axes run, any of the 48 codes such as PIR or LPS (default: PIR)",
    )
    parser.add_argument(
        "--spacing",
        metavar="SLICE,ROW,COLUMN",
        type=_spacing,
        default=(4.0, 0.6, 0.6),
        help="in mm, along sagittal slices, rows and columns (default: 4,0.6,0.6)",
    )
    parser.add_argument("--slices", type=int, default=15, help="default: %(default)s")
    parser.set_defaults(run=_phantom)


def _add_upload(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "upload",
        help="send scans to a DiscAI cloud",
        description="Uploads scans and prints their gs:// names; their results appear in the "
        "worklist. Each readable series of a folder is sent as a zip, and what is left out is "
        "listed; pictures or DICOM files that are given together are one zip. "
        "API_URL, REVIEWER_EMAIL, REVIEWER_PASSWORD and FIREBASE_API_KEY in the environment say "
        "where to and as whom; `set -a; . .local/env` sets them for the cloud on this machine.",
    )
    parser.add_argument("scans", metavar="SCAN", type=Path, nargs="+", help=FORMATS)
    parser.set_defaults(run=_upload)


def _add_forget(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "forget",
        help="remove all that a cloud holds of one scan",
        description="Removes a scan's upload, artifacts, labels, label files, crops in datasets "
        "and of training runs, what their tables and snapshots say of it, orders to read it again "
        "and documents, and prints each; what was filed in an archive stays there and is "
        "listed. A note stays, that the id was forgotten and when. Models that learned from "
        "it stay. Google keeps removed data for a while: objects for the buckets' soft "
        "deletion (30 days as Terraform sets it), documents for Firestore's recovery (7 days)"
        " and its backups (14 days). GOOGLE_CLOUD_PROJECT, RESULTS_BUCKET and PIPELINE_BUCKET"
        " in the environment say where; it works as the person who `gcloud auth "
        "application-default login` signed in.",
    )
    parser.add_argument(
        "scan",
        metavar="SCAN_ID",
        help="as in the address of the review page; of loose "
        "files without a picture, their id in Firestore's slices or their series' in gathers",
    )
    parser.add_argument("--yes", action="store_true", help="don't ask")
    parser.set_defaults(run=_forget)


def _add_backfill(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "backfill-studies",
        help="give scans that an earlier version read their study and patient",
        description="Opens the upload of each scan that was read before there were studies, makes "
        "the keys of its study and its patient, and works the studies out. Scans that have a study "
        "stay as they are, so it may be stopped and called again at any time. A line for each scan "
        "on stdout, and on stderr for each whose file is gone or can't be read any more; the exit "
        "code is then 1. GOOGLE_CLOUD_PROJECT, RESULTS_BUCKET and STUDY_KEYS_SECRET in the "
        "environment say where; the secret must be the worker's: `gcloud secrets versions access "
        "latest --secret discai-study-keys`, or the file .local/study-keys-secret of the cloud on "
        "this machine. It works as the person who `gcloud auth application-default login` signed "
        "in, who must be allowed to read uploads and to write to Firestore.",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="open the uploads, but write nothing"
    )
    parser.set_defaults(run=_backfill)


def _phantom(options: argparse.Namespace) -> int:
    from discai.phantom import PhantomOptions, draw_phantom, write_phantom

    herniated = None if options.herniated == "none" else options.herniated
    phantom = draw_phantom(
        PhantomOptions(
            seed=options.seed,
            contrast=options.contrast,
            herniated=herniated,
            slices=options.slices,
            spacing_mm=options.spacing,
            orientation=options.orientation,
        )
    )
    make_folder(options.out.parent)
    write_phantom(phantom, options.out)
    return ExitCode.DONE


def _upload(options: argparse.Namespace) -> int:
    from discai.commands.upload import UploadSettings, upload_files
    from discai.scratch import Scratch

    settings = UploadSettings.read()
    with Scratch():
        return ExitCode.FAILED if upload_files(options.scans, settings, complain) else ExitCode.DONE


def _forget(options: argparse.Namespace) -> int:
    from discai.cloud.forget import ForgetSettings, forget

    settings = ForgetSettings.read()
    if not options.yes:
        where = settings.google_cloud_project
        answer = ""
        with contextlib.suppress(EOFError):
            answer = input(f"Remove scan {options.scan} from {where} for good? Type yes: ")
        if answer.strip().lower() != "yes":
            complain("Nothing was removed.")
            return ExitCode.FAILED
    for name in forget(options.scan, settings):
        print(name, flush=True)
    return ExitCode.DONE


def _backfill(options: argparse.Namespace) -> int:
    from discai.cloud.backfill import Backfill, BackfillSettings
    from discai.commands.backfill import backfill_studies
    from discai.scratch import Scratch

    backfill = Backfill.connect(BackfillSettings.read())
    with Scratch():
        failed = backfill_studies(backfill, complain, dry_run=options.dry_run)
    return ExitCode.FAILED if failed else ExitCode.DONE


def _spacing(text: str) -> tuple[float, float, float]:
    try:
        slice_mm, row_mm, column_mm = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError("three numbers in mm, such as 4,0.6,0.6") from None
    return slice_mm, row_mm, column_mm
