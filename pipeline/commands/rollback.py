"""Point production back at a version that was there before:

    python -m pipeline.rollback VERSION --project P      (without VERSION: list what there is)

Workers follow within seconds; scans that were read keep their answers. The alias in Vertex AI's
registry, by which nothing is served, stays until the next promotion.
"""

import argparse
import getpass
import os
import sys
from collections.abc import Sequence

from discai.cloud.firestore import FirestoreDatabase
from discai.cloud.production import ProductionRepository
from discai.errors import DiscaiError


def main(arguments: Sequence[str] | None = None) -> int:
    """Roll back or list; 1 if that was refused."""
    parser = argparse.ArgumentParser(
        "python -m pipeline.rollback",
        description="Points production back at an older version.",
    )
    parser.add_argument("version", nargs="?", help="one that was in production")
    parser.add_argument("--project", default=os.environ.get("GOOGLE_CLOUD_PROJECT"))
    options = parser.parse_args(arguments)
    if not options.project:
        parser.error("set --project or GOOGLE_CLOUD_PROJECT")
    production = ProductionRepository(FirestoreDatabase.connect(options.project))
    if options.version:
        try:
            production.roll_back(options.version, by=getpass.getuser())
        except DiscaiError as error:
            print(error.message, file=sys.stderr)
            return 1
    pointer = production.pointer()
    for move in pointer.history if pointer else []:
        print(f"{move.at:%Y-%m-%d %H:%M}  {move.model_version:24} {move.by:20} {move.reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
