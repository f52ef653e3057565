"""Structured logs as Cloud Logging reads them: one JSON object a line, never patient data."""

import json
import logging
from datetime import UTC, datetime

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Severity, message, time and every `extra` of the call, such as `scanId`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON; an exception's trace goes into the message, where errors are found."""
        message = record.getMessage()
        if record.exc_info:
            message += "\n" + self.formatException(record.exc_info)
        extras = {key: value for key, value in vars(record).items() if key not in _STANDARD}
        return json.dumps(
            {
                "severity": record.levelname,
                "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
                "logger": record.name,
                "message": message,
                **extras,
            },
            default=str,
        )


def configure_logs() -> None:
    """Sends this process's logs of INFO and above to stderr as JSON lines."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
