"""Commands that open the store themselves, beside a running server if need be."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from carevia import values
from carevia.clock import now
from carevia.config import Settings
from carevia.domain.people import Role
from carevia.errors import BadInput
from carevia.service.credentials import Credentials
from carevia.service.passwords import Passwords
from carevia.service.people import People
from carevia.store.store import Store, open_store

Change = Callable[[Credentials, str], Awaitable[None]]  # of the account with this id


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    """The store of these settings, for as long as a command needs it."""
    store = open_store(settings.database_url, settings.data_dir)
    try:
        await store.open()
        yield store
    finally:
        await store.close()


def add_account(settings: Settings, email: str, role: Role, name: str | None, password: str) -> str:
    """The one-time sign-in link of the new account."""
    if len(readable("The e-mail address", email)) > values.LONGEST_EMAIL:
        raise BadInput(f"The e-mail address may have at most {values.LONGEST_EMAIL} characters.")
    readable("The name", name or "")
    return asyncio.run(_add_account(settings, email, role, name, checked(password)))


async def _add_account(settings: Settings, email: str, role: Role, name: str | None, password: str) -> str:
    with contextlib.closing(Passwords()) as passwords:
        async with opened(settings) as store:
            people = People(store, passwords, now)
            person = await people.add(email, role, name, password)
            return settings.sign_in_link(await people.make_link(person.id))


def change_account(settings: Settings, email: str, change: Change) -> None:
    """One change of an account; its sockets and sessions end, on every running server."""
    asyncio.run(_change_account(settings, readable("The e-mail address", email), change))


async def _change_account(settings: Settings, email: str, change: Change) -> None:
    with contextlib.closing(Passwords()) as passwords:
        async with opened(settings) as store:
            credentials = Credentials(store, passwords, now)
            await change(credentials, await credentials.account(email))


def migrate(settings: Settings) -> None:
    asyncio.run(_migrate(settings))


async def _migrate(settings: Settings) -> None:
    async with opened(settings):
        pass  # opening it is what migrates it


def checked(password: str) -> str:
    """The password, if the sign-in takes it."""
    try:
        return values.password(readable("The password", password))
    except ValueError as problem:
        raise BadInput(f"The password {problem}.") from None


def readable(what: str, words: str) -> str:
    """What was typed or piped in, if it is text: other bytes come as signs that no store takes."""
    try:
        words.encode()
    except UnicodeEncodeError:
        raise BadInput(f"{what} is not UTF-8 text. Set the terminal to UTF-8, and type it anew.") from None
    return words
