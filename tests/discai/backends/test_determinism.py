"""The same scan gives the same files, in another process too."""

import json
import subprocess
import sys
from pathlib import Path

from discai.phantom import PhantomOptions, draw_phantom, write_phantom

DISCAI = Path(sys.executable).with_name("discai")


def test_two_processes_write_the_same(exported: Path, tmp_path: Path) -> None:
    scan = tmp_path / "phantom.mha"
    write_phantom(draw_phantom(PhantomOptions(slices=5)), scan)
    for out in ("one", "other"):
        subprocess.run(
            [DISCAI, "predict", scan, "--out", tmp_path / out, "--model", exported], check=True
        )
    one, other = (
        {f.name: f.read_bytes() for f in (tmp_path / o / "phantom").iterdir()}
        for o in ("one", "other")
    )
    said, repeated = (json.loads(files.pop("prediction.json")) for files in (one, other))
    assert said.pop("seconds").keys() == repeated.pop("seconds").keys()
    assert said == repeated
    assert said["device"].startswith("cpu, openvino ")
    assert one == other
