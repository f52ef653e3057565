"""`python3 -m infrastructure.local.prerequisites up`: look at the machine, fetch what is missing.

Runs before anything is installed. All that stands in the way is said at once.
"""

from __future__ import annotations

import argparse
import sys
from urllib.parse import urlsplit

from infrastructure.local.errors import SetupError
from infrastructure.local.prerequisites import emulator_files, machine
from infrastructure.local.prerequisites.emulator_files import EMULATORS, Emulator
from infrastructure.local.prerequisites.network import TransientError, opened, unreachable

PROBE_SECONDS = 5.0
LOOKS = (machine.python, machine.java, machine.disk, machine.memory)
LOOKS_OF = {"up": (*LOOKS, machine.ports), "test": (*LOOKS, machine.browser)}


def main() -> int:
    """Look, then fetch; 1 if something stands in the way."""
    parser = argparse.ArgumentParser(prog="python3 -m infrastructure.local.prerequisites")
    parser.add_argument("command", choices=sorted(LOOKS_OF), help="what is to be run afterwards")
    looks = LOOKS_OF[parser.parse_args().command]
    problems: list[str] = []
    missing: list[Emulator] = []
    for emulator in EMULATORS:
        try:
            if is_missing(emulator):
                missing.append(emulator)
        except SetupError as error:
            problems.append(str(error))
    if missing:
        problems += problems_of_fetching(missing)
    for look in looks:
        try:
            for remark in look():
                say(remark)
        except SetupError as error:
            problems.append(str(error))
    if problems:
        print("DiscAI can't run here yet:", *problems, sep="\n- ", file=sys.stderr)
        return 1
    for emulator in missing:
        try:
            emulator_files.fetch(emulator, say)
        except SetupError as error:
            print(f"DiscAI: {error}", file=sys.stderr)
            return 1
    return 0


def is_missing(emulator: Emulator) -> bool:
    """Tell if an emulator has to be fetched; what is cached is checked, and a copy is taken."""
    found = emulator_files.find_jar(emulator)
    if found and emulator_files.cache() not in found.parents:
        return False
    emulator_files.refuse_damaged(emulator, say)
    return not (emulator_files.find_jar(emulator) or emulator_files.take_copy(emulator, say))


def problems_of_fetching(missing: list[Emulator]) -> list[str]:
    """A sentence if the files can't be had, asked of the server by the first of them."""
    url = missing[0].url
    try:
        opened(url, {"Range": "bytes=0-0"}, PROBE_SECONDS).close()
        return []
    except TransientError as error:
        if error.code:  # a server that has something to say may do better later
            return []
        problem = str(unreachable(urlsplit(url).netloc, "it doesn't answer"))
    except SetupError as error:
        problem = str(error)
    names = " and ".join(emulator.name for emulator in missing)
    files = " and ".join(emulator.pin.name for emulator in missing)
    return [
        f"Missing emulators: {names}. {problem.rstrip('.')}; or put {files} into a folder and "
        "name that in EMULATOR_COPIES."
    ]


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
