"""`python -m infrastructure.preflight`: say what a project lacks before anything is created.

Asks Google Cloud through `gcloud`, and creates and changes nothing. The exit status is 0 where
nothing stands in the way, 1 where something must be changed or asked for, 2 where nothing could be
asked.
"""

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from infrastructure.preflight import gcloud
from infrastructure.preflight.checks import CHECKS
from infrastructure.preflight.findings import Finding, Verdict
from infrastructure.preflight.gcloud import Ask
from infrastructure.preflight.settings import Deployment, wanted

#: `gcloud` takes a second or two for each question, mostly of waiting.
AT_A_TIME: Final = 4
HOW: Final = (
    "It needs gcloud, and the settings of which docs/operations/deploy.md has you make a copy."
)


def main(arguments: list[str] | None = None, ask: Ask = gcloud.ask) -> int:
    """Ask, print what was found, and say by the exit status whether to go on."""
    parser = argparse.ArgumentParser(
        prog="python -m infrastructure.preflight",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--project", required=True, help="id of the Google Cloud project")
    parser.add_argument(
        "--settings",
        type=Path,
        default=Path("discai.tfvars"),
        help="the deployment's settings (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    try:
        deployment = wanted(options.project, options.settings)
        if not ask("auth list", "--filter=status:ACTIVE").value:
            raise ValueError("nobody is signed in: gcloud auth login")
        found = findings(deployment, ask)
    except FileNotFoundError as error:
        missing = error.filename or error
        print(f"Preflight: {missing} is missing. {HOW}", file=sys.stderr)
        return 2
    except (KeyError, OSError, ValueError) as error:
        print(f"Preflight: {error}", file=sys.stderr)
        return 2
    return told(found)


def findings(deployment: Deployment, ask: Ask) -> list[Finding]:
    """Findings of all checks, in their order."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        answers = pool.map(lambda check: list(check(deployment, ask)), CHECKS)
        return [finding for answer in answers for finding in answer]


def told(found: list[Finding]) -> int:
    """Print all findings, the worst last; return the exit status."""
    order = list(Verdict)
    for finding in sorted(found, key=lambda each: order.index(each.verdict)):
        print(f"{finding.verdict.value:<3} {finding.sentence}")
        if finding.advice:
            print(f"    {finding.advice}")
    wrong = sum(finding.verdict is Verdict.BAD for finding in found)
    if wrong:
        print(f"\nNot yet: {wrong} thing{'s' if wrong > 1 else ''} must be changed or asked for.")
        return 1
    print("\nNothing that could be seen stands in the way.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
