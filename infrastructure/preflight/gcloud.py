"""Questions to Google Cloud that change nothing, asked through `gcloud`."""

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

#: The last word of a command that only reads; no other is ever run.
READING: Final = ("describe", "get-iam-policy", "get-value", "list")

#: Without these `gcloud` would offer to turn on the API that it is asked about.
UNASKED: Final = {
    "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
    "CLOUDSDK_CORE_SHOULD_PROMPT_TO_ENABLE_API": "false",
}

PATIENCE_SECONDS: Final = 120


@dataclass(frozen=True)
class Answer:
    """Answer to one question.

    Attributes:
        value: the JSON, read; None where there was an error.
        error: text that `gcloud` printed instead; empty where there was none.
    """

    value: Any
    error: str = ""

    @property
    def off(self) -> bool:
        """True if the API that was asked is not turned on in the project."""
        said = ("SERVICE_DISABLED", "has not been used in project", "not enabled on project")
        return any(words in self.error for words in said)

    @property
    def missing(self) -> bool:
        """True if there is no such thing."""
        return any(words in self.error for words in ("404", "NOT_FOUND", "not found"))

    @property
    def refused(self) -> bool:
        """True if whoever asked may not know; a project may not exist then, too."""
        said = ("403", "PERMISSION_DENIED", "does not have permission")
        return not self.off and any(words in self.error for words in said)

    @property
    def reason(self) -> str:
        """The first line of the error."""
        return self.error.strip().partition("\n")[0] or "no answer"


Ask = Callable[..., Answer]


def ask(command: str, *options: str, run: Callable[..., Any] = subprocess.run) -> Answer:
    """Ask `gcloud COMMAND`; raises `ValueError` for one that could change something.

    Raises `FileNotFoundError` where there is no `gcloud`.
    """
    words: Sequence[str] = command.split()
    if words[-1] not in READING:
        raise ValueError(f"gcloud {command} does not only read.")
    done = run(
        ["gcloud", *words, *options, "--format=json"],
        env=os.environ | UNASKED,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    if done.returncode:
        return Answer(None, done.stderr or done.stdout or f"exit code {done.returncode}")
    return Answer(json.loads(done.stdout or "null"))
