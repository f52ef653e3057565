"""The two kinds of failure: try again, or tell the person at once."""


class DiscaiError(Exception):
    """A failure with a stable `code` for programs and a `message` for people.

    The message is one sentence that names no patient and no path of this machine.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class RetryableError(DiscaiError):
    """Something outside failed for now (network, lease, quota); the same call may work later."""


class PermanentError(DiscaiError):
    """The input or request can never work; retrying is useless, a person must be told."""


def sentence_of(error: OSError) -> str:
    """Sentence on what the system refused, and where; some libraries' `OSError` says neither."""
    reason = error.strerror or str(error) or type(error).__name__
    return f"{reason}: {error.filename}." if error.filename else f"{reason}."
