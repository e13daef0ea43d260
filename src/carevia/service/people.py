"""Accounts, sessions and one-time sign-in links. Each use case is one transaction.

What is a secret is stored as its SHA-256 only. Unknown accounts and wrong passwords get the same sentence in the
same time; how often somebody may try, says service/attempts.py.
"""

import contextlib
import hashlib
import secrets
from collections.abc import Callable, Collection
from functools import partial
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, delete, or_, select, update

from carevia.domain.people import Person, Role, login_of
from carevia.errors import BadInput, Conflict, NotFound, SignInFirst, Unavailable
from carevia.service import attempts
from carevia.service.credentials import end_session
from carevia.service.passwords import Passwords
from carevia.service.tokens import NOT_VALID, Token
from carevia.store.store import Store
from carevia.store.tables import sessions, sign_in_links, users
from carevia.store.transaction import Row, Transaction

MINUTE: Final = 60_000
IDLE: Final = 12 * 60 * MINUTE
ABSOLUTE: Final = 7 * 24 * 60 * MINUTE
LINK_LIFE: Final = 15 * MINUTE
SEEN_EVERY: Final = 5 * MINUTE
WRONG: Final = "The email address or the password is not right."
_new_token: Final = partial(secrets.token_urlsafe, 32)  # 256 random bits
LINK_WRONG: Final = "This sign-in link has been used or is too old. Sign in with your password, or ask for a new link."

_user = select(users).where(users.c.id == bindparam("user_id"))
_user_by_login = select(users).where(users.c.login == bindparam("user_login"))
_any_staff = select(users.c.id).where(users.c.role == "admin", users.c.disabled == 0).order_by(users.c.created).limit(1)
_staff_with_password = select(users.c.id).where(users.c.role == "admin", users.c.password_hash.is_not(None)).limit(1)
_became_staff = (  # an account that signs in here has a login, and its role is the operator's to change
    update(users).where(users.c.id == bindparam("user_id"), users.c.login.is_(None)).values(role="admin")
)
_logged_in = update(users).where(users.c.id == bindparam("user_id")).values(last_login=bindparam("now"))
_session = (
    select(sessions, users.c.role, users.c.email, users.c.name, users.c.disabled)
    .join_from(sessions, users, sessions.c.user_id == users.c.id)
    .where(sessions.c.token_hash == bindparam("hash"))
)
_session_seen = update(sessions).where(sessions.c.token_hash == bindparam("hash")).values(last_seen=bindparam("now"))
_link = select(sign_in_links.c.user_id).where(sign_in_links.c.token_hash == bindparam("hash"))
_link_used = (
    update(sign_in_links)
    .where(
        sign_in_links.c.token_hash == bindparam("hash"),
        sign_in_links.c.used.is_(None),
        sign_in_links.c.expires > bindparam("now"),
    )
    .values(used=bindparam("now"))
)
_old_sessions = delete(sessions).where(
    or_(sessions.c.expires <= bindparam("now"), sessions.c.last_seen <= bindparam("before"))
)
_old_links = delete(sign_in_links).where(sign_in_links.c.expires <= bindparam("now"))


class Session(msgspec.Struct, frozen=True):
    """A signed-in browser. `hash` names it without opening it."""

    person: Person
    hash: str


class SignedIn(msgspec.Struct, frozen=True):
    person: Person
    token: str

    @property
    def session(self) -> str:
        """What `Session.hash` will be."""
        return digest(self.token)


class People:
    """`now` is ms since 1970 UTC."""

    def __init__(self, store: Store, passwords: Passwords, now: Callable[[], int]) -> None:
        self._store = store
        self._passwords = passwords
        self._now = now

    # Signing in.

    async def sign_in(self, email: str, password: str, address: str, previous: str | None = None) -> SignedIn:
        """A new session for the right password; `previous` (a session token) ends. Failures are counted beforehand,
        so that guesses made at once do not slip through together."""
        login = login_of(email)
        keys = attempts.keys_of(login, address)
        attempt = await self._store.write(partial(attempts.begin, keys=keys, now=self._now()))
        try:
            return await self._judged(login, password, previous, keys, attempt)
        except SignInFirst:
            raise
        except BaseException:  # the store, a full queue, or a caller that went away: nobody guessed
            await self._store.write(partial(attempts.forget, keys=keys, at=attempt))
            raise

    async def _judged(
        self, login: str, password: str, previous: str | None, keys: attempts.Keys, attempt: int
    ) -> SignedIn:
        """Raises SignInFirst for a wrong password, an unknown account or a disabled one."""
        row = await self._store.read(lambda tx: tx.first(_user_by_login, user_login=login))
        right = await self._passwords.matches(password, row.password_hash if row and not row.disabled else None)
        if row is None or not right:
            raise SignInFirst(WRONG)

        def succeed(tx: Transaction) -> SignedIn:
            account = tx.first(_user, user_id=row.id)
            if account is None or account.disabled or account.password_hash != row.password_hash:
                raise SignInFirst(WRONG)  # changed while it was compared, which ended all sessions that there were
            attempts.succeed(tx, keys=keys, at=attempt, now=self._now())
            return self._open_session(tx, account, previous)

        return await self._store.write(succeed)

    async def make_link(self, user_id: str) -> str:
        """A token that signs this person in once, within 15 minutes."""
        token, now = _new_token(), self._now()

        def work(tx: Transaction) -> None:
            if tx.first(_user, user_id=user_id) is None:
                raise NotFound("There is no such account.")
            tx.insert(sign_in_links, token_hash=digest(token), user_id=user_id, expires=now + LINK_LIFE)

        await self._store.write(work)
        return token

    async def use_link(self, token: str, previous: str | None = None) -> SignedIn:
        def work(tx: Transaction) -> SignedIn:
            row = None
            if tx.run(_link_used, hash=digest(token), now=self._now()):
                link = tx.first(_link, hash=digest(token))
                row = tx.first(_user, user_id=link.user_id) if link else None
            if row is None or row.disabled:
                raise SignInFirst(LINK_WRONG)
            return self._open_session(tx, row, previous)

        return await self._store.write(work)

    def _open_session(self, tx: Transaction, row: Row, previous: str | None) -> SignedIn:
        token, now = _new_token(), self._now()
        if previous:
            end_session(tx, digest(previous), now, follower=row.id)
        tx.insert(
            sessions, token_hash=digest(token), user_id=row.id, created=now, last_seen=now, expires=now + ABSOLUTE
        )
        tx.run(_logged_in, user_id=row.id, now=now)
        return SignedIn(_person(row), token)

    # Sessions.

    async def session(self, token: str) -> Session | None:
        """The session of a cookie, or None when it is unknown, over, idle too long, or its account disabled."""
        key, now = digest(token), self._now()
        row = await self._store.read(lambda tx: tx.first(_session, hash=key))
        if row is None or not _is_good(row, now):
            return None
        if row.last_seen + SEEN_EVERY <= now:
            with contextlib.suppress(Unavailable):  # a disk that is full locks nobody out
                await self._store.write(lambda tx: tx.run(_session_seen, hash=key, now=now))
        return Session(Person(row.user_id, row.role, row.email, row.name), key)

    async def ended(self, hashes: Collection[str], user_ids: Collection[str]) -> tuple[set[str], set[str]]:
        """Of these sessions those that are over, and of these people those who may not come in any more."""
        now = self._now()

        def work(tx: Transaction) -> tuple[set[str], set[str]]:
            over = {key for key in hashes if not _is_good(tx.first(_session, hash=key), now)}
            shut = {key for key in user_ids if (row := tx.first(_user, user_id=key)) is not None and row.disabled}
            return over, shut

        return await self._store.read(work)

    async def seen(self, hashes: Collection[str]) -> None:
        """An open desk is not idle: whoever has a socket keeps their session."""
        now = self._now()

        def work(tx: Transaction) -> None:
            for key in hashes:
                tx.run(_session_seen, hash=key, now=now)

        await self._store.write(work)

    # Accounts.

    async def add(self, email: str, role: Role, name: str | None, password: str | None) -> Person:
        """A new account. Conflict where the address already has one."""
        login = login_of(email)
        if "@" not in login[1:-1] or any(sign.isspace() for sign in login):
            raise BadInput("This is not an e-mail address.", errors=[{"field": "email", "message": "name@example.com"}])
        hashed = None if password is None else await self._passwords.hash(password)
        row: dict[str, Any] = {
            "id": secrets.token_hex(12),
            "login": login,
            "email": email.strip(),
            "name": name,
            "role": role,
            "password_hash": hashed,
            "created": self._now(),
        }

        def work(tx: Transaction) -> None:
            if not tx.insert_new(users, **row):
                raise Conflict("There is already an account with this e-mail address.")

        await self._store.write(work)
        return Person(row["id"], role, row["email"], name)

    async def first_admin(self, email: str, password: str) -> None:
        """Make the first staff account; does nothing where one with a password exists (the demo's has none)."""
        if await self._store.read(lambda tx: tx.first(_staff_with_password)) is None:
            await self.add(email, "admin", None, password)

    async def any_staff(self) -> str | None:
        """The id of the oldest staff account that is not disabled."""
        row = await self._store.read(lambda tx: tx.first(_any_staff))
        return None if row is None else str(row.id)

    async def recognise(self, token: Token) -> Person:
        """Somebody came with a token: kept as a person when new to us; refused where the account is disabled or has
        ended its tokens, or where the token's session is over.

        The token's role is believed. That somebody is staff is kept, so that they can be assigned; that they are a
        customer is not, for a site's shop may call its own staff so. Name and e-mail are the account's, else the
        token's.
        """
        person, now = token.person, self._now()

        def work(tx: Transaction) -> tuple[Row | None, bool]:
            row = tx.first(_user, user_id=person.id)
            if token.session is not None:  # which ended with everything else when the account was changed
                return row, _is_good(tx.first(_session, hash=token.session), now)
            return row, row is None or not (row.disabled or token.made < (row.tokens_after or 0))

        row, good = await self._store.read(work)
        if not good:
            raise SignInFirst(NOT_VALID)
        if row is not None:
            if person.is_staff and row.role != "admin" and row.login is None:
                with contextlib.suppress(Unavailable):  # a disk that is full locks nobody out
                    await self._store.write(lambda tx: tx.run(_became_staff, user_id=person.id))
            return Person(person.id, person.role, row.email or person.email, row.name or person.name)
        values = {"id": person.id, "email": person.email, "name": person.name, "role": person.role}
        await self._store.write(lambda tx: tx.insert_new(users, created=self._now(), **values))
        return person

    async def forget_old(self) -> None:
        """Remove what can no longer be used: sessions, links, failures."""
        now = self._now()

        def work(tx: Transaction) -> None:
            tx.run(_old_sessions, now=now, before=now - IDLE)
            tx.run(_old_links, now=now)
            attempts.forget_old(tx, now=now)

        await self._store.write(work)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _is_good(session: Row | None, now: int) -> bool:
    return (
        session is not None
        and not session.disabled
        and bool(now < session.expires)
        and bool(now < session.last_seen + IDLE)
    )


def _person(row: Row) -> Person:
    return Person(row.id, row.role, row.email, row.name)
