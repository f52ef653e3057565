"""Logs as Cloud Logging reads them."""

import json
import logging

from discai.cloud.logs import JsonFormatter


def test_a_log_line_is_json_with_the_scan_and_the_trace():
    logger = logging.getLogger("test")
    try:
        raise ValueError("broken")
    except ValueError as error:
        record = logger.makeRecord(
            "test", logging.ERROR, __file__, 1, "it %s", ("failed",),
            (ValueError, error, error.__traceback__), extra={"scanId": "abc"},
        )  # fmt: skip
    line = json.loads(JsonFormatter().format(record))
    assert line["severity"] == "ERROR"
    assert line["scanId"] == "abc"
    assert line["message"].startswith("it failed\nTraceback")
    assert "ValueError: broken" in line["message"]
