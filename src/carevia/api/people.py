"""Signing in and out over HTTP, and what a page may know about who is in front of it."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from carevia.api.auth import Auth, user_json
from carevia.api.http import Answer, ok
from carevia.api.payload import Nothing
from carevia.api.policy import Call, Route
from carevia.domain.times import iso
from carevia.service.credentials import Credentials
from carevia.service.people import ABSOLUTE, People, SignedIn
from carevia.service.tokens import Tokens
from carevia.values import LONGEST_EMAIL, LONGEST_PASSWORD


class Login(msgspec.Struct):
    email: Annotated[str, Meta(min_length=1, max_length=LONGEST_EMAIL)]
    password: Annotated[str, Meta(min_length=1, max_length=LONGEST_PASSWORD)]


class LinkLogin(msgspec.Struct):
    token: Annotated[str, Meta(min_length=1, max_length=200)]


class User(msgspec.Struct):
    id: str = msgspec.field(name="_id")
    name: str | None
    email: str | None
    role: str


class LoggedIn(msgspec.Struct):
    token: str
    user: User


class CurrentSession(msgspec.Struct):
    user: User | None


class SocketToken(msgspec.Struct):
    token: str
    expiresAt: str


class PeopleRoutes:
    def __init__(self, people: People, auth: Auth, tokens: Tokens, credentials: Credentials) -> None:
        self._people = people
        self._auth = auth
        self._tokens = tokens
        self._credentials = credentials

    def routes(self) -> list[Route[Any, Any]]:
        return [*self._in_and_out(), *self._who()]

    def _in_and_out(self) -> list[Route[Any, Any]]:
        return [
            Route(
                method="POST",
                path="/api/login",
                summary="Sign in; also sets the session cookie.",
                handler=self.login,
                policy="public",
                query=Nothing,
                body=Login,
                answer=LoggedIn,
                errors=(401, 429, 503),
            ),
            Route(
                method="POST",
                path="/api/login/link",
                summary="Sign in with a one-time link's token; also sets the session cookie.",
                handler=self.login_by_link,
                policy="public",
                query=Nothing,
                body=LinkLogin,
                answer=LoggedIn,
                errors=(401, 503),
            ),
            Route(
                method="POST",
                path="/api/logout",
                summary="End the session of the cookie, else of the token, and its sockets.",
                handler=self.logout,
                policy="public",
                query=Nothing,
                body=Nothing,
                answer=Nothing,
                errors=(503,),
            ),
        ]

    def _who(self) -> list[Route[Any, Any]]:
        return [
            Route(
                method="GET",
                path="/api/session",
                summary="Who is signed in here; user is null where nobody is.",
                handler=self.session,
                policy="guest",
                query=Nothing,
                body=Nothing,
                answer=CurrentSession,
            ),
            Route(
                method="POST",
                path="/api/session/token",
                summary="A short-lived token for a socket on another origin.",
                handler=self.socket_token,
                policy="customer",
                query=Nothing,
                body=Nothing,
                answer=SocketToken,
            ),
        ]

    async def login(self, call: Call[Nothing, Login]) -> Answer:
        request = call.request
        previous = request.cookie(self._auth.cookie.name)
        signed = await self._people.sign_in(call.body.email, call.body.password, request.handshake.counted, previous)
        return self._signed_in(signed)

    async def login_by_link(self, call: Call[Nothing, LinkLogin]) -> Answer:
        previous = call.request.cookie(self._auth.cookie.name)
        return self._signed_in(await self._people.use_link(call.body.token, previous))

    async def logout(self, call: Call[Nothing, Nothing]) -> Answer:
        session = self._auth.session_named(call.request)
        if session:
            await self._credentials.sign_out(session)
        return ok({}, "Signed out", headers=[self._auth.cookie.clear()])

    async def session(self, call: Call[Nothing, Nothing]) -> Answer:
        return ok({"user": None if call.person is None else user_json(call.person)})

    async def socket_token(self, call: Call[Nothing, Nothing]) -> Answer:
        proven = call.proven
        token, expires = self._tokens.short(proven.person, proven.session, proven.good_for)
        return ok({"token": token, "expiresAt": iso(expires)})

    def _signed_in(self, signed: SignedIn) -> Answer:
        cookie = self._auth.cookie.issue(signed.token, ABSOLUTE // 1000)
        return ok(self._auth.signed_in(signed), "Signed in", headers=[cookie])
