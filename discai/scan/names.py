"""Names of files and folders, as people typed them and as archives take them."""

from pathlib import Path


def typed_name(path: Path) -> str:
    """The last name of a path as it was typed, if that has one: a link's, not its target's."""
    return path.name if path.name not in ("", "..") else path.resolve().name


def in_unicode(name: str) -> str:
    """A name as archives and JSON want it: those on a disc may be in another encoding."""
    return name.encode(errors="xmlcharrefreplace").decode()
