"""Runs `pipeline.commands.rollback` by its short name."""

import sys

from pipeline.commands.rollback import main

if __name__ == "__main__":
    sys.exit(main())
