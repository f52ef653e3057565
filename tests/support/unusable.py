"""What nobody of ours sends: ids that name nothing, and bodies that can't be read."""

#: Firestore refuses some of them with an error of its own, and takes others for more than one.
IDS = (
    ".",
    "..",
    "__x__",
    "__all__",
    "a/b",
    "../" * 8 + "etc",
    "x" * 2000,
    "A" * 26,
    "ä" * 26,
    "a" * 25 + "\n",
    "a" * 26 + "\n",
    "a\x00b",
    "\u202e" * 26,
    " " * 26,
)

DEEP = b"[" * 100_000
BODIES = (
    b"",
    b"no json",
    b"\xff\xfe",
    b"7",
    b"[]",
    DEEP,
    b'{"a":' * 100_000,
    b'{"a":' * 500 + b"1" + b"}" * 500,
)
