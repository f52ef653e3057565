import shutil
import subprocess
import sys

import pytest

from tests.support.checkout import ROOT

WEBAPP = ROOT / "webapp"


def test_typescript_types_are_those_of_the_records() -> None:
    if not (shutil.which("node") and (WEBAPP / "node_modules").is_dir()):
        pytest.skip("needs Node.js and `npm ci` in webapp/")
    described = subprocess.run(
        [sys.executable, "scripts/describe_records.py"], cwd=WEBAPP, check=True, capture_output=True
    )
    compared = subprocess.run(
        ["node", "scripts/generate-types.mjs", "--check"],
        cwd=WEBAPP,
        input=described.stdout,
        capture_output=True,
        check=False,
    )
    assert compared.returncode == 0, compared.stderr.decode()
