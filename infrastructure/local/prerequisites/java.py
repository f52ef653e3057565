"""Java that runs the emulators: which version they need, and where one is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

from infrastructure.local.prerequisites.emulator_files import EMULATORS, find_jar

MINIMUM_JAVA = 11
#: Class files of Java n have the version n + 44.
CLASS_VERSION = 44


def needed_java() -> int:
    """The oldest Java that runs the emulators as they are found: each JAR tells for which it is."""
    jars = [(find_jar(emulator), emulator.main) for emulator in EMULATORS]
    return max([MINIMUM_JAVA, *(java_of(jar, main) for jar, main in jars if jar)])


def java_of(jar: Path, main: str) -> int:
    """The Java for which a JAR's main class was compiled, 0 if that can't be read."""
    try:
        with zipfile.ZipFile(jar) as archive, archive.open(f"{main.replace('.', '/')}.class") as it:
            return int.from_bytes(it.read(8)[6:], "big") - CLASS_VERSION
    except (KeyError, OSError, zipfile.BadZipFile):
        return 0


def installed_java(minimum: int) -> str | None:
    """The path of a Java of that version or newer: of JAVA_HOME, else on PATH."""
    home = os.environ.get("JAVA_HOME")
    candidates = [str(Path(home) / "bin" / "java")] if home else []
    for candidate in (*candidates, shutil.which("java")):
        if candidate and java_version(candidate) >= minimum:
            return candidate
    return None


def java_version(java: str) -> int:
    """The major version that a Java binary reports, 0 if it doesn't run."""
    try:
        answer = subprocess.run(
            [java, "-version"], capture_output=True, encoding="utf-8", timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    match = re.search(r'version "(?:1\.)?(\d+)', answer.stderr)
    return int(match[1]) if match and answer.returncode == 0 else 0
