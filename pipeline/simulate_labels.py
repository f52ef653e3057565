"""Runs `pipeline.commands.simulate_labels` by its short name."""

import sys

from pipeline.commands.simulate_labels import main

if __name__ == "__main__":
    sys.exit(main())
