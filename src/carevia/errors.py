"""The one tree of errors: each has a status, a code, and a sentence a person can act on.

Nothing is imported here but the standard library, and everything else may import this.
Edges turn these into answers: HTTP `{success: false, message, errors?}`, sockets `{ok: false, error, code}`,
the command line one sentence and exit status 2 for settings (ConfigError), 1 for anything else.
"""

from collections.abc import Sequence
from typing import TypedDict


class FieldError(TypedDict):
    """What is wrong with one field; `field` is a path in the words of the sender (`payload.roomId`)."""

    field: str
    message: str


class CareviaError(Exception):
    """Something we can say in one sentence. Anything else that is raised is our own fault and answers 500."""

    status: int = 500
    code: str = "internal"

    def __init__(
        self,
        message: str,
        *,
        errors: Sequence[FieldError] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.errors: list[FieldError] | None = list(errors) if errors else None
        self.retry_after: int | None = retry_after

    def __str__(self) -> str:
        return self.message


class BadInput(CareviaError):
    status = 400
    code = "bad_input"


class SignInFirst(CareviaError):
    status = 401
    code = "unauthorized"

    def __init__(self, message: str = "Sign in first") -> None:
        super().__init__(message)


class Forbidden(CareviaError):
    status = 403
    code = "forbidden"


class NotYours(Forbidden):
    """A page wrote it while somebody else was signed in here: it waits for them."""

    code = "not_yours"

    def __init__(self) -> None:
        super().__init__("Somebody else is signed in now. It is sent when its writer is.")


class NotFound(CareviaError):
    """Not there, or not yours: the answer does not tell which."""

    status = 404
    code = "not_found"


class Conflict(CareviaError):
    status = 409
    code = "conflict"


class TooLarge(CareviaError):
    status = 413
    code = "too_large"


class RateLimited(CareviaError):
    """`retry_after` is in whole seconds."""

    status = 429
    code = "rate_limited"

    def __init__(self, message: str, *, retry_after: int = 1) -> None:
        super().__init__(message, retry_after=retry_after)


class Unavailable(CareviaError):
    """Temporary: the same request may be sent again after `retry_after` seconds."""

    status = 503
    code = "unavailable"

    def __init__(self, message: str, *, retry_after: int = 2) -> None:
        super().__init__(message, retry_after=retry_after)


class ConfigError(CareviaError):
    """A setting, a folder or a port is wrong; the command line shows the sentence and exits with 2."""

    status = 500
    code = "config"
