"""Who is asking: credentials in their order, the session cookie, and the check of where a request comes from.

The first credential that is present decides: Socket.IO `auth.token`, `Authorization: Bearer`, the session cookie.
A token that is bad or too old is refused, also where guests may come in; a cookie whose session is over is nobody's.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec

from carevia.api.http import Request, cookie_value
from carevia.domain.people import Person
from carevia.errors import Forbidden, SignInFirst
from carevia.realtime.handshake import Handshake
from carevia.service.people import People, SignedIn, digest
from carevia.service.tokens import NOT_VALID, Tokens

FOREIGN: Final = "This request comes from a page of another site, which may not do this."


class Identity(msgspec.Struct, frozen=True):
    """Who came, in which session (its hash; None with a token of another site), and for how many seconds from now the
    token is good (None with a cookie: the session's row says so)."""

    person: Person
    session: str | None
    good_for: float | None


class Cookie:
    """The session cookie. `__Host-` ties it to this host and to https; plain http is for development."""

    def __init__(self, *, secure: bool) -> None:
        self.name = "__Host-carevia" if secure else "carevia"
        self._attributes = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")

    def issue(self, token: str, seconds: int) -> tuple[bytes, bytes]:
        return (b"set-cookie", f"{self.name}={token}; Max-Age={seconds}{self._attributes}".encode())

    def clear(self) -> tuple[bytes, bytes]:
        return (b"set-cookie", f"{self.name}=; Max-Age=0{self._attributes}".encode())


class Auth:
    """`origins` are those whose pages may act for the person in front of them, beside the server's own."""

    def __init__(self, people: People, tokens: Tokens, cookie: Cookie, origins: Collection[str]) -> None:
        self._people = people
        self._tokens = tokens
        self._origins = origins
        self.cookie = cookie

    async def of_request(self, request: Request) -> Identity | None:
        """Raises SignInFirst for a token that is not good."""
        token = bearer(request.headers)
        if token is not None:
            return await self.of_token(token)
        return await self._of_cookie(request.handshake, request.headers)

    def session_named(self, request: Request) -> str | None:
        """The hash of the session that a request names, over or not: by its cookie, else by its token."""
        cookie = request.cookie(self.cookie.name)
        if cookie:
            return digest(cookie)
        try:
            return self._tokens.read(bearer(request.headers) or "").session
        except SignInFirst:
            return None

    async def of_socket(self, handshake: Handshake, auth: Mapping[str, Any]) -> Identity | None:
        """Raises SignInFirst for a token that is not good. An upgrade that names no Origin may not use the cookie
        (OWASP ASVS 5.0 4.4.2): browsers always name it there."""
        given = auth.get("token")
        headers = handshake.headers
        token = given if given not in (None, "") else bearer(headers)
        if token is not None:
            return await self.of_token(token)
        if not handshake.origin and handshake.query.get("transport") == "websocket":
            return None
        return await self._of_cookie(handshake, headers)

    def check_origin(self, request: Request) -> None:
        """Forbidden for a state-changing request that another site's page may have caused."""
        handshake = request.handshake
        if not handshake.origin_allowed(self._origins):
            raise Forbidden(FOREIGN)
        by_cookie = bearer(request.headers) is None and request.cookie(self.cookie.name) is not None
        if by_cookie and not handshake.origin and request.header("sec-fetch-site") != "same-origin":
            raise Forbidden(FOREIGN)

    def may_read_answers(self, origin: str) -> bool:
        """Whether a page of this other origin may read what we answer (CORS)."""
        return origin in self._origins

    def signed_in(self, signed: SignedIn) -> dict[str, Any]:
        """The answer of a login, in the words of the contract."""
        return {"token": self._tokens.for_login(signed.person, signed.session), "user": user_json(signed.person)}

    async def of_token(self, token: object) -> Identity:
        """Raises SignInFirst for a token that is not good."""
        if not isinstance(token, str):
            raise SignInFirst(NOT_VALID)
        found = self._tokens.read(token)
        return Identity(await self._people.recognise(found), found.session, found.good_for)

    async def _of_cookie(self, handshake: Handshake, headers: Mapping[str, str]) -> Identity | None:
        token = cookie_value(headers.get("cookie", ""), self.cookie.name)
        if not token or not handshake.origin_allowed(self._origins):
            return None
        session = await self._people.session(token)
        return None if session is None else Identity(session.person, session.hash, None)


def bearer(headers: Mapping[str, str]) -> str | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def user_json(person: Person) -> dict[str, Any]:
    return {"_id": person.id, "name": person.name, "email": person.email, "role": person.role}
