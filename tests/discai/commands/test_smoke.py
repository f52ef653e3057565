"""The deployment's smoke test where nothing works; tests/loop has the cloud where all does."""

import pytest

from discai.commands.smoke import SmokeSettings, smoke
from discai.errors import PermanentError


def test_a_phantom_that_nobody_reads_is_told_as_such(cloud):
    buckets = {"uploads_bucket": cloud.uploads, "results_bucket": cloud.results}
    settings = SmokeSettings(
        google_cloud_project=cloud.project,
        pipeline_bucket=cloud.results,
        result_seconds=0.5,
        **buckets,
    )

    with pytest.raises(PermanentError, match="the scan is not there yet"):
        smoke(settings)
