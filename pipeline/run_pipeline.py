"""Runs `pipeline.commands.run_pipeline` by its short name."""

import sys

from pipeline.commands.run_pipeline import main

if __name__ == "__main__":
    sys.exit(main())
