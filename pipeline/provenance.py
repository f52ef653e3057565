"""Which code made or measured a model."""

import subprocess
from pathlib import Path


def git_commit() -> str:
    """The commit of the code, with `+` where files differ from it."""
    here = Path(__file__).parent

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=here, check=True, capture_output=True, encoding="utf-8"
        ).stdout.strip()

    changed = git("status", "--porcelain", "--", "../discai/*.py", "../pipeline/*.py")
    return git("rev-parse", "HEAD") + ("+" if changed else "")
