"""Credentials that end early: sign-out, another's sign-in over a session, a new password or role, a disabled account.

The change and a row of the journal's own room are one transaction; every process that follows the journal hears of it
after the commit and lets the sockets go. Nothing of it ever reaches a client: nobody can be in that room.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, select, update

from carevia.domain.people import Role, login_of
from carevia.errors import NotFound
from carevia.service.passwords import Passwords
from carevia.store.journal import JournalRow
from carevia.store.store import Store
from carevia.store.tables import sessions, sign_in_links, users
from carevia.store.transaction import Transaction

ROOM = "#credentials"  # no id of a person holds this sign
NAME = "credentials_ended"
_owner = select(sessions.c.user_id).where(sessions.c.token_hash == bindparam("hash"))
_session_gone = delete(sessions).where(sessions.c.token_hash == bindparam("hash"))
_sessions_gone = delete(sessions).where(sessions.c.user_id == bindparam("user"))
_links_gone = delete(sign_in_links).where(sign_in_links.c.user_id == bindparam("user"))
_by_login = select(users.c.id).where(users.c.login == bindparam("user_login"))
_changed = {
    column: update(users)
    .where(users.c.id == bindparam("user"))
    .values({column: bindparam("new"), "tokens_after": bindparam("now")})
    for column in ("password_hash", "role", "disabled")
}


class Ended(msgspec.Struct, frozen=True):
    """Whose credentials, and of which session (its hash); of all where none is named. `renewed`: they go on under
    another session."""

    person: str
    session: str | None = None
    renewed: bool = False


class Credentials:
    """`now` is ms since 1970 UTC. Whoever is changed here signs in anew: sessions are over, tokens and sign-in links
    made before are not believed any more."""

    def __init__(self, store: Store, passwords: Passwords, now: Callable[[], int]) -> None:
        self._store = store
        self._passwords = passwords
        self._now = now

    async def sign_out(self, session: str) -> None:
        """End this session, given by its hash; nothing happens where it is over already."""
        await self._store.write(partial(end_session, session=session, now=self._now()))

    async def new_password(self, user_id: str, password: str) -> None:
        """Raises NotFound, and Unavailable where too many passwords wait to be hashed."""
        await self._change(user_id, "password_hash", await self._passwords.hash(password))

    async def new_role(self, user_id: str, role: Role) -> None:
        await self._change(user_id, "role", role)

    async def disable(self, user_id: str, disabled: bool = True) -> None:
        await self._change(user_id, "disabled", int(disabled))

    async def account(self, email: str) -> str:
        """The id of the account with this address. Raises NotFound."""
        row = await self._store.read(lambda tx: tx.first(_by_login, user_login=login_of(email)))
        if row is None:
            raise NotFound("There is no account with this e-mail address.")
        return str(row.id)

    async def _change(self, user_id: str, column: str, value: Any) -> None:
        await self._store.write(partial(self._end_all, user_id=user_id, column=column, value=value))

    def _end_all(self, tx: Transaction, *, user_id: str, column: str, value: Any) -> None:
        if not tx.run(_changed[column], user=user_id, new=value, now=self._now()):
            raise NotFound("There is no such account.")
        tx.run(_sessions_gone, user=user_id)
        tx.run(_links_gone, user=user_id)
        tx.append(ROOM, NAME, Ended(user_id), now=self._now())


def end_session(tx: Transaction, session: str, now: int, follower: str | None = None) -> None:
    """As a sign-out does, in somebody's transaction; nothing happens where it is over already. `follower`: who goes on
    under another one."""
    row = tx.first(_owner, hash=session)
    if row is not None:
        tx.run(_session_gone, hash=session)
        tx.append(ROOM, NAME, Ended(row.user_id, session, renewed=row.user_id == follower), now=now)


def ended_by(row: JournalRow) -> Ended:
    """What a row of the name `NAME` says."""
    return msgspec.json.decode(row.payload, type=Ended)
