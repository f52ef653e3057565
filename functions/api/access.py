"""Log of who looked at what: Terraform keeps its lines where nobody can remove them."""

import logging
from typing import Any

from functions.identity import Caller

#: `infrastructure/audit.tf` finds the lines by its name.
logger = logging.getLogger(__name__)


def log_access(caller: Caller, action: str, **about: Any) -> None:
    """Logs that a caller did something; `about` names scans, studies and files, never patients."""
    logger.info(action, extra={"caller": caller.email, **about})
