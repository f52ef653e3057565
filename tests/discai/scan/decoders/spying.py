"""Returns the names of the environment it sees."""

import os
from dataclasses import replace
from pathlib import Path

from discai.scan.volume import StoredVolume
from tests.discai.scan.decoders import honest


def decode(paths: list[Path]) -> StoredVolume:
    return replace(honest.decode(paths), removed_tags=tuple(os.environ))
