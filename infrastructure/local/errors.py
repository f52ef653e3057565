"""Error that stops the local cloud, in one sentence that says what to do about it."""


class SetupError(Exception):
    """Something on this machine is missing or broken; the message is one line for a person."""
