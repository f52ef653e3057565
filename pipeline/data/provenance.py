"""Commit of the code that made or measured a model."""

import subprocess
from pathlib import Path
from typing import Final

#: The Dockerfile leaves the commit there: an image has neither a repository nor git.
REVISION: Final = Path(__file__).resolve().parents[1] / "revision"


def git_commit() -> str:
    """The commit of the code, with `+` where files differ from it."""
    if REVISION.exists():
        return REVISION.read_text(encoding="utf-8").strip()
    here = Path(__file__).parent

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=here, check=True, capture_output=True, encoding="utf-8"
        ).stdout.strip()

    changed = git("status", "--porcelain", "--", "../discai/*.py", "../pipeline/*.py")
    return git("rev-parse", "HEAD") + ("+" if changed else "")
