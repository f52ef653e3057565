"""The errors of the storage API: an HTTP status, a reason for programs, a message for people."""


class StorageError(Exception):
    """Answered as JSON or XML, whichever surface the caller speaks."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message


def bucket_not_found() -> StorageError:
    """404, in the words of Cloud Storage."""
    return StorageError(404, "notFound", "The specified bucket does not exist.")


def object_not_found(bucket: str, name: str) -> StorageError:
    """404, in the words of Cloud Storage."""
    return StorageError(404, "notFound", f"No such object: {bucket}/{name}")


def invalid(message: str) -> StorageError:
    """400: the request can never work."""
    return StorageError(400, "invalid", message)
