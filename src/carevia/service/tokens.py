"""JSON Web Tokens: HS256 and nothing else. Ours, and those of a site that shares the secret.

Claims are {id, email, role, name?, iat, exp}, and in ours `ses`, the session they belong to. What cannot be verified,
or says less than who and until when, is `Token not valid`; no caller learns which.
"""

import hashlib
import hmac
from collections.abc import Callable
from typing import Annotated, Any, Final

import msgspec

from carevia.domain.people import Person, Role, valid_user_id
from carevia.errors import SignInFirst

LOGIN_SECONDS: Final = 7 * 86_400
SHORT_SECONDS: Final = 300
EXPIRED: Final = "Token expired"
NOT_VALID: Final = "Token not valid"
_LONGEST: Final = 8_192
_Name = Annotated[str, msgspec.Meta(max_length=500)]


class _Claims(msgspec.Struct):
    id: str
    role: Role
    exp: int | float
    email: _Name | None = None
    name: _Name | None = None
    iat: int | float = 0
    ses: Annotated[str, msgspec.Meta(max_length=100)] | None = None


class Token(msgspec.Struct, frozen=True):
    """Who holds it, and for how many seconds from now; when it was made (ms), and in which session, if in one of
    ours: with that it ends."""

    person: Person
    good_for: float
    made: float = 0.0
    session: str | None = None


class Tokens:
    """`shared` is the secret of an existing site; without it only our own tokens are believed."""

    def __init__(self, secret_key: str, shared: str | None, now: Callable[[], int]) -> None:
        own = hmac.new(secret_key.encode(), b"carevia token v1", hashlib.sha256).digest()
        self._own = own
        self._login = shared.encode() if shared else own
        self._believed = (shared.encode(), own) if shared else (own,)
        self._now = now

    def for_login(self, person: Person, session: str | None = None) -> str:
        """Seven days, signed with the shared secret where there is one, so that the site can read it too."""
        return self._issue(person, LOGIN_SECONDS, self._login, session)[0]

    def short(self, person: Person, session: str | None = None) -> tuple[str, int]:
        """For a socket on another origin: five minutes, ours alone. The token and when it ends (ms)."""
        return self._issue(person, SHORT_SECONDS, self._own, session)

    def read(self, token: str) -> Token:
        """Raises SignInFirst with "Token expired" or "Token not valid"."""
        claims = self._claims(token)
        if not valid_user_id(claims.id):
            raise SignInFirst(NOT_VALID)
        good_for = min(claims.exp, 1e14) - self._now() / 1000
        if good_for <= 0:
            raise SignInFirst(EXPIRED)
        person = Person(claims.id, claims.role, claims.email, claims.name)
        return Token(person, good_for, min(claims.iat, 1e14) * 1000, claims.ses)

    def _issue(self, person: Person, seconds: int, key: bytes, session: str | None) -> tuple[str, int]:
        import jwt

        issued = self._now() // 1000
        claims: dict[str, Any] = {"id": person.id, "email": person.email, "role": person.role}
        if person.name:
            claims["name"] = person.name
        if session:
            claims["ses"] = session
        expires = issued + seconds
        return jwt.encode({**claims, "iat": issued, "exp": expires}, key, algorithm="HS256"), expires * 1000

    def _claims(self, token: str) -> _Claims:
        import jwt

        if len(token) > _LONGEST:
            raise SignInFirst(NOT_VALID)
        for key in self._believed:
            try:
                # The signature is PyJWT's to judge. The claims are ours: its clock cannot be passed in.
                claims = jwt.decode_complete(token, key, algorithms=["HS256"], options=_SIGNATURE_ONLY)["payload"]
                return msgspec.convert(claims, _Claims)
            except (jwt.PyJWTError, msgspec.ValidationError, ValueError, RecursionError):
                continue
        raise SignInFirst(NOT_VALID)


_SIGNATURE_ONLY: Final[Any] = {
    f"verify_{claim}": False for claim in ("exp", "iat", "nbf", "aud", "iss", "sub", "jti")
} | {"verify_signature": True}
