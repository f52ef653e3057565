"""Runs `pipeline.commands.schedule` by its short name."""

import sys

from pipeline.commands.schedule import main

if __name__ == "__main__":
    sys.exit(main())
