"""What the api-server answers a controller that it does not do what was asked: exceptions that its code may catch."""

from kmodel.kubernetes.components.calls import TIMEOUT


class ApiError(Exception):
    """An answer other than success; `code` is the HTTP status, `reason` that of metav1.Status."""

    code = 500

    def __init__(self, said: str = "", reason: str = "") -> None:
        super().__init__(said)
        self.reason = reason or type(self).__name__


class Unauthorized(ApiError):
    """The api-server does not know who asks."""

    code = 401


class Forbidden(ApiError):
    """The controller may not do this, or an admission plugin refuses it."""

    code = 403


class NotFound(ApiError):
    """There is no object of this name."""

    code = 404


class Conflict(ApiError):
    """The object has another version, or another UID, than the one that was the condition."""

    code = 409


class AlreadyExists(ApiError):
    """There is an object of this name already."""

    code = 409


class Invalid(ApiError):
    """The object would not be valid, or changes what must not change."""

    code = 422


class Timeout(ApiError):
    """No answer came: the request may have been carried out, or not, or may still be."""

    code = TIMEOUT


ERRORS = {each.code: each for each in (Unauthorized, Forbidden, NotFound, Conflict, Invalid, Timeout)}


def error_of(code: int, reason: str, asked: str) -> ApiError:
    """Return the exception for an answer."""
    cls = AlreadyExists if reason == "AlreadyExists" else ERRORS.get(code, ApiError)
    return cls(f"{asked}: {'no answer' if code == TIMEOUT else reason}", reason)
