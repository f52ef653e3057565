"""Exit codes of `discai`: their one definition, which docs/cli.md lists."""

from enum import IntEnum


class ExitCode(IntEnum):
    """End of a command, as shells see it.

    Attributes:
        meaning: for people.
    """

    meaning: str

    def __new__(cls, value: int, meaning: str) -> "ExitCode":
        """A member of this value, with its meaning beside it."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    DONE = 0, "all went well"
    FAILED = 1, "something failed; stderr has a line for each failure"
    WRONG_USAGE = 2, "the command line or a setting is wrong"
    INTERRUPTED = 128 + 2, "interrupted (Ctrl-C); where `prediction.json` is, a result is whole"
    OUTPUT_CLOSED = 128 + 13, "the program that read the output has ended (as with `head`)"
