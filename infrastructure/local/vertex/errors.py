"""Errors in the form in which Google's REST APIs answer them."""


class VertexError(Exception):
    """An answer other than 200: HTTP code, Google's status name, and a sentence."""

    def __init__(self, code: int, status: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.body = {"error": {"code": code, "status": status, "message": message}}


def not_found(name: str) -> VertexError:
    """404 as Vertex words it."""
    return VertexError(404, "NOT_FOUND", f"The resource {name} does not exist.")


def invalid(message: str) -> VertexError:
    """400."""
    return VertexError(400, "INVALID_ARGUMENT", message)


def already_exists(name: str) -> VertexError:
    """409: what makes a repeated submission with the same id harmless."""
    return VertexError(409, "ALREADY_EXISTS", f"The resource {name} already exists.")
