"""JSON Web Tokens: HS256 and nothing else. Ours, and those of a site that shares the secret.

Claims are {id, email, role, name?, iat, exp, nbf?}, and in ours `ses`, the session they belong to. What cannot be
verified, says less than who and until when, or is of a time to come, is `Token not valid`; no caller learns which.
"""

import hashlib
import hmac
import sys
from collections.abc import Callable
from typing import Annotated, Any, Final

import msgspec

from carevia.domain.people import Person, Role, valid_user_id
from carevia.domain.text import is_clean, tidy
from carevia.errors import SignInFirst

LOGIN_SECONDS: Final = 7 * 86_400
SHORT_SECONDS: Final = 300
EXPIRED: Final = "Token expired"
NOT_VALID: Final = "Token not valid"
CLOCKS_DIFFER: Final = 900
"""Seconds that another site's clock may be ahead of ours, and that ours may be set back: a refusal is final, and a tab
that came in before must come back."""

_LONGEST: Final = 8_192
_LONGEST_NAME: Final = 500
_SIGNATURE_ONLY: Final[Any] = {
    f"verify_{claim}": False for claim in ("exp", "iat", "nbf", "aud", "iss", "sub", "jti")
} | {"verify_signature": True}
_Name = Annotated[str, msgspec.Meta(max_length=_LONGEST_NAME)]


class _Claims(msgspec.Struct):
    id: str
    role: Role
    exp: int | float
    email: _Name | None = None
    name: _Name | None = None
    iat: int | float = 0
    nbf: int | float = 0
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

    def short(self, person: Person, session: str | None, good_for: float | None) -> tuple[str, int]:
        """For a socket on another origin: five minutes, ours alone. The token and when it ends (ms).

        `good_for`: the seconds left to the token that asks, if one does. It would outlive itself otherwise, for ever.
        """
        seconds = SHORT_SECONDS if good_for is None else min(SHORT_SECONDS, int(good_for))
        return self._issue(person, seconds, self._own, session)

    def read(self, token: str) -> Token:
        """Raises SignInFirst with "Token expired" or "Token not valid"."""
        claims = self._claims(token)
        now = self._now() / 1000
        if not valid_user_id(claims.id) or not is_clean(claims.ses or "") or not _is_of_now(claims, now):
            raise SignInFirst(NOT_VALID)
        good_for = min(claims.exp, 1e14) - now
        if good_for <= 0:
            raise SignInFirst(EXPIRED)
        # A name may end in half an emoji, as JavaScript's slice leaves it: its bearer is let in all the same.
        person = Person(claims.id, claims.role, tidy(claims.email, _LONGEST_NAME), tidy(claims.name, _LONGEST_NAME))
        return Token(person, good_for, claims.iat * 1000, claims.ses)

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


def _is_of_now(claims: _Claims, now: float) -> bool:
    """Python's JSON reads NaN, which no time comes after, and whole numbers beyond all floats; a token from the future
    would outlive a new password."""
    times = (claims.exp, claims.iat, claims.nbf)
    return all(abs(time) <= sys.float_info.max for time in times) and max(claims.iat, claims.nbf) <= now + CLOCKS_DIFFER
