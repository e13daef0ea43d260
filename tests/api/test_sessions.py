"""The session of a browser: its cookie, its end, and the one-time links that open one."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from carevia.service.passwords import Passwords
from carevia.service.people import ABSOLUTE, IDLE, People, digest
from carevia.store.store import open_store
from tests.aio import run
from tests.api.desk import LOGIN, ORIGIN, PRODUCTION, desk, now


@asynccontextmanager
async def linked(folder: Path, clock: list[int]) -> AsyncIterator[tuple[People, str]]:
    """People of a store of their own, and a sign-in link of one; `clock` is the time in ms, to be set forward."""
    store = open_store(None, folder)
    await store.open()
    people = People(store, Passwords(memory_kib=8), lambda: clock[0])
    try:
        yield people, await people.make_link((await people.add("a@example.com", "user", None, None)).id)
    finally:
        await store.close()


def test_cookie_is_host_only_secure_httponly_and_lax_on_https(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, **PRODUCTION) as d:
            await d.account()
            cookie = (await d.http.post("/api/login", json=LOGIN)).headers["set-cookie"]
            name, *attributes = cookie.split("; ")
            assert re.fullmatch(r"__Host-carevia=[A-Za-z0-9_-]{43}", name)
            assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(attributes)
            assert not any(part.startswith("Domain") for part in attributes)

    run(work())


def test_cookie_is_plain_on_http_in_development(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            await d.account()
            cookie = (await d.http.post("/api/login", json=LOGIN)).headers["set-cookie"]
            assert cookie.startswith("carevia=")
            assert "Secure" not in cookie

    run(work())


@pytest.mark.parametrize("blank", ["\xa0", "\x85", "\x1c"])
def test_cookie_is_known_by_its_exact_name(tmp_path: Path, blank: str) -> None:
    """A browser lets any host of the site set such a name, which to it is none that begins with `__Host-`: taken for
    ours, it signed a family in as somebody else, before their own cookie was looked at."""

    async def work() -> None:
        async with desk(tmp_path, **PRODUCTION) as d:
            cookie = (await d.signed_in())["cookie"]
            for planted in (f"{blank}{cookie}", cookie.replace("=", f"{blank}=")):
                answer = await d.http.get("/api/session", headers=[(b"cookie", planted.encode("latin-1"))])
                assert answer.json()["data"]["user"] is None

    run(work())


def test_login_rotates_the_session_and_the_old_one_ends(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            old = await d.signed_in()
            answer = await d.http.post("/api/login", json=LOGIN, headers=old | {"origin": ORIGIN})
            assert answer.status_code == 200
            assert answer.headers["set-cookie"].split(";")[0] != old["cookie"]
            d.http.cookies.clear()
            assert (await d.http.get("/api/session", headers=old)).json()["data"] == {"user": None}

    run(work())


def test_logout_ends_the_session_and_clears_the_cookie(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            cookie = await d.signed_in()
            assert (await d.http.get("/api/session", headers=cookie)).json()["data"]["user"]["role"] == "admin"
            answer = await d.http.post("/api/logout", headers=cookie | {"origin": ORIGIN}, json={})
            assert answer.status_code == 200
            assert "Max-Age=0" in answer.headers["set-cookie"]
            assert (await d.http.get("/api/session", headers=cookie)).json()["data"]["user"] is None

    run(work())


def test_logout_by_token_ends_the_session_that_the_token_names(tmp_path: Path) -> None:
    """A page of another origin keeps the login's token and has no cookie of ours: it was told "Signed out", and its
    token stayed good for seven days."""

    async def work() -> None:
        async with desk(tmp_path) as d:
            await d.account()
            token = (await d.http.post("/api/login", json=LOGIN)).json()["data"]["token"]
            d.http.cookies.clear()
            shown = {"authorization": f"Bearer {token}"}
            assert (await d.http.get("/api/session", headers=shown)).status_code == 200
            assert (await d.http.post("/api/logout", headers=shown, json={})).status_code == 200
            assert (await d.http.get("/api/session", headers=shown)).status_code == 401
            for over in (shown, {"authorization": "Bearer nonsense"}, {}):
                assert (await d.http.post("/api/logout", headers=over, json={})).status_code == 200

    run(work())


@pytest.mark.parametrize(("step", "whole"), [(IDLE, IDLE), (IDLE - 1, ABSOLUTE)])
def test_session_ends_after_12_idle_hours_and_after_7_days(tmp_path: Path, step: int, whole: int) -> None:
    async def work() -> None:
        clock = [now()]
        async with linked(tmp_path, clock) as (people, link):
            token = (await people.use_link(link)).token
            passed = 0
            while passed + step < whole:
                clock[0] += step
                passed += step
                assert await people.session(token) is not None
            clock[0] += whole - passed
            assert await people.session(token) is None

    run(work())


def test_tokens_are_stored_only_as_their_digest(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            cookie = (await d.signed_in())["cookie"].partition("=")[2]
            link = await d.carevia.people.make_link("demo-staff")
        kept = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("carevia.db*"))
        assert digest(cookie).encode() in kept
        assert cookie.encode() not in kept
        assert link.encode() not in kept

    run(work())


def test_link_signs_in_once(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            token = await d.carevia.people.make_link("demo-staff")
            first = await d.http.post("/api/login/link", json={"token": token})
            assert first.json()["data"]["user"]["_id"] == "demo-staff"
            assert "set-cookie" in first.headers
            d.http.cookies.clear()
            assert (await d.http.post("/api/login/link", json={"token": token})).status_code == 401
            assert (await d.http.post("/api/login/link", json={"token": "made up"})).status_code == 401

    run(work())


def test_link_is_good_for_15_minutes(tmp_path: Path) -> None:
    async def work() -> None:
        clock = [now()]
        async with linked(tmp_path, clock) as (people, link):
            clock[0] += 15 * 60_000
            with pytest.raises(Exception, match="too old"):
                await people.use_link(link)

    run(work())


def test_other_secrets_refuse_the_tokens_of_before_and_sign_out_nobody_who_has_a_cookie(tmp_path: Path) -> None:
    """As docs/operate.md says of a leaked one. Pages that were open load afresh."""

    async def work() -> None:
        async with desk(tmp_path, SECRET_KEY="k" * 40, JWT_SECRET="j" * 40) as d:
            cookie, tokens = await d.signed_in(), [d.bearer("site-desk", "admin")]
            short = (await d.http.post("/api/session/token", headers=cookie | {"origin": ORIGIN}, json={})).json()
            tokens.append({"authorization": f"Bearer {short['data']['token']}"})
            async with d.socket(cookie=cookie["cookie"]) as peer:
                pid = msgspec.json.decode(peer.reply.removeprefix("40"))["pid"]
        async with desk(tmp_path, SECRET_KEY="l" * 40, JWT_SECRET="m" * 40) as d:
            assert (await d.http.get("/api/booking", headers=cookie)).status_code == 200
            for token in tokens:
                assert (await d.http.get("/api/booking", headers=token)).status_code == 401
            async with d.socket({"pid": pid, "offset": "0"}, cookie=cookie["cookie"]) as peer:
                assert (await peer.packets(1))[0].startswith('42["reset"')

    run(work())
