"""Runs `pipeline.commands.bootstrap` by its short name."""

from pipeline.commands.bootstrap import main

if __name__ == "__main__":
    main()
