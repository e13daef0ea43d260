"""Credentials that end before their time, on sockets that are open and for those that come."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from carevia.service.credentials import Credentials
from carevia.service.people import LINK_WRONG, WRONG
from carevia.store.store import open_store
from tests.aio import run
from tests.api.desk import BRIEF, LOGIN, ORIGIN, Desk, customer, desk, now, staff, until


async def logged_in(d: Desk) -> tuple[dict[str, str], dict[str, Any]]:
    """A cookie header, and what a socket shows, of one login with the password."""
    answer = await d.http.post("/api/login", json=LOGIN)
    cookie = {"cookie": answer.headers["set-cookie"].partition(";")[0], "origin": ORIGIN}
    d.http.cookies.clear()
    return cookie, {"token": answer.json()["data"]["token"]}


CHANGES: dict[str, Any] = {
    "password": lambda credentials, user: credentials.new_password(user, "another-password"),
    "role": lambda credentials, user: credentials.new_role(user, "user"),
    "disabled": lambda credentials, user: credentials.disable(user),
}


@pytest.mark.parametrize("change", CHANGES)
def test_after_a_change_every_socket_of_the_person_is_told_so_within_a_second_whoever_made_it(
    tmp_path: Path, change: str
) -> None:
    """Another process makes the change; this one hears of it from the journal alone."""

    async def work() -> None:
        async with desk(tmp_path) as d:
            user = await d.account()
            cookie, login = await logged_in(d)
            other = open_store(d.carevia.settings.database_url, d.carevia.settings.data_dir)
            await other.open()
            async with d.socket(cookie=cookie["cookie"]) as one, d.socket(login) as two, d.socket(staff(d)) as stays:
                await CHANGES[change](Credentials(other, d.carevia.passwords, now), user)
                began = time.monotonic()
                assert (await one.packets(1, 2))[0] == "41"
                assert (await two.packets(1, 2))[0] == "41"
                assert time.monotonic() - began < 1.0
                assert (await stays.ask("test_event"))["ok"]
            await other.close()
            async with d.socket(login) as late:
                assert late.refusal == "Token not valid"
            answer = await d.http.get("/api/session", headers=cookie)
            assert answer.json()["data"]["user"] is None

    run(work())


@pytest.mark.parametrize("change", [*CHANGES, "signed out"])
def test_a_tab_whose_credentials_end_while_it_comes_in_is_told_so_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """They were found good a moment before, and it has no seat yet in which the end could find it."""

    async def work() -> None:
        async with desk(tmp_path) as d:
            user = await d.account()
            _, login = await logged_in(d)
            find, relay, credentials = d.carevia.auth.of_socket, d.carevia.relay, d.carevia.credentials

            async def ends_meanwhile(*asked: Any) -> Any:
                identity = await find(*asked)
                assert identity is not None
                before, session = relay.position, identity.session or ""
                await CHANGES.get(change, lambda credentials, _: credentials.sign_out(session))(credentials, user)
                await until(lambda: relay.position > before)
                return identity

            monkeypatch.setattr(d.carevia.auth, "of_socket", ends_meanwhile)
            async with d.socket(login) as late:
                assert late.id
                assert (await late.packets(1, 1))[0] == "41"

    run(work())


def test_signing_out_ends_the_token_of_that_login_and_no_other(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            await d.account()
            (cookie, first), (_, second) = await logged_in(d), await logged_in(d)
            async with d.socket(first) as gone, d.socket(second) as stays:
                await d.http.post("/api/logout", headers=cookie, json={})
                assert (await gone.packets(1, 1))[0] == "41"
                assert (await stays.ask("test_event"))["ok"]
            headers = [{"authorization": f"Bearer {login['token']}"} for login in (first, second)]
            assert [(await d.http.get("/api/session", headers=each)).status_code for each in headers] == [401, 200]

    run(work())


def test_who_signs_in_over_another_person_s_session_ends_its_sockets_as_a_sign_out_does(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            await d.account()
            await d.account("other@example.com")
            cookie, before = await logged_in(d)
            async with d.socket(before) as gone:
                assert (await d.login(LOGIN | {"email": "other@example.com"}, **cookie))[0] == 200
                assert (await gone.packets(1, 1))[0] == "41"

    run(work())


def test_who_signs_in_again_has_tabs_that_come_back_by_themselves(tmp_path: Path) -> None:
    """They were told as after a sign-out, and a desk stood there disconnected until somebody clicked. Told nothing, it
    stayed live for half a minute, though the person signed out meanwhile."""

    async def work() -> None:
        async with desk(tmp_path) as d:
            await d.account()
            cookie, before = await logged_in(d)
            async with d.socket(before) as tab, asyncio.timeout(5):
                assert (await d.login(**cookie))[0] == 200
                assert await tab.ended()

    run(work())


def test_a_newer_token_keeps_a_socket_beyond_the_end_of_the_older_one(tmp_path: Path) -> None:
    async def work() -> None:
        async with (
            desk(tmp_path) as d,
            d.socket(customer(d, seconds=BRIEF)) as kept,
            d.socket(customer(d, seconds=BRIEF)) as gone,
        ):
            assert await kept.ask("renew", customer(d, seconds=60)) == {"ok": True}
            assert (await kept.ask("renew", customer(d, "u2", seconds=60)))["code"] == "forbidden"
            assert (await kept.ask("renew", {"token": d.token("u1", "admin")}))["code"] == "forbidden"
            assert (await kept.ask("renew", {"token": "x"}))["code"] == "unauthorized"
            await asyncio.sleep(BRIEF + 0.05)
            await d.carevia.pulse.judge(seen=False)
            assert await gone.ended()
            assert (await kept.ask("test_event"))["ok"]

    run(work())


@pytest.mark.parametrize("change", CHANGES)
def test_a_sign_in_link_made_before_a_change_opens_nothing(tmp_path: Path, change: str) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            user = await d.account()
            link = await d.carevia.people.make_link(user)
            await CHANGES[change](d.carevia.credentials, user)
            answer = await d.http.post("/api/login/link", json={"token": link})
            assert (answer.status_code, answer.json()["message"]) == (401, LINK_WRONG)

    run(work())


def test_a_password_that_was_changed_while_it_was_compared_opens_nothing(tmp_path: Path) -> None:
    """Comparing takes a tenth of a second, in which the sessions that there are end: none may be opened after it."""

    async def work() -> None:
        async with desk(tmp_path) as d:
            user = await d.account()
            passwords, credentials = d.carevia.passwords, d.carevia.credentials
            compare = passwords.matches

            async def changed_meanwhile(password: str, stored: str | None) -> bool:
                right = await compare(password, stored)
                await credentials.new_password(user, "another-password")
                return right

            passwords.matches = changed_meanwhile  # type: ignore[method-assign]
            answer = await d.http.post("/api/login", json=LOGIN)
            assert (answer.status_code, answer.json()["message"]) == (401, WRONG)
            assert "set-cookie" not in answer.headers

    run(work())


def test_what_ends_while_a_guest_is_here_is_not_kept_for_them(tmp_path: Path) -> None:
    """Each sign-out of anybody was, as long as the guest's page stayed open."""

    async def work() -> None:
        async with desk(tmp_path) as d, d.socket() as guest:
            await d.account()
            cookie, auth = await logged_in(d)
            async with d.socket(auth) as page:
                await d.http.post("/api/logout", headers=cookie, json={})
                assert (await page.packets(1))[0] == "41"
            assert (await guest.ask("test_event"))["ok"] is True
            assert not list(d.carevia.seats._coming.values())

    run(work())
