"""Signing in: `/api/login`, sessions, one-time links, tokens, and the limits on guessing."""

import asyncio
import math
import re
from pathlib import Path
from typing import Any

import jwt
import pytest

from carevia.config import load_settings
from carevia.errors import SignInFirst
from carevia.service.passwords import Passwords
from carevia.service.people import ABSOLUTE, IDLE, WINDOW, People, digest
from carevia.service.tokens import CLOCKS_DIFFER, Tokens
from carevia.store.store import open_store
from tests.aio import run
from tests.api.desk import KEY, ORIGIN, PRODUCTION, Desk, desk, now

GOOD = {"email": "rafiq@example.com", "password": "long enough"}
WRONG = GOOD | {"password": "something else"}


async def _login(d: Desk, body: object = GOOD, **headers: str) -> tuple[int, str]:
    answer = await d.http.post("/api/login", json=body, headers=headers)
    return answer.status_code, answer.json()["message"]


def test_login_answers_token_and_user_in_the_words_of_the_contract(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            id = await d.account()
            answer = await d.http.post("/api/login", json=GOOD | {"email": " Rafiq@Example.com "})
            data = answer.json()["data"]
            assert data["user"] == {"_id": id, "name": "Rafiq Hasan", "email": "rafiq@example.com", "role": "admin"}
            claims = jwt.decode(data["token"], d.carevia.settings.jwt_secret or "", algorithms=["HS256"])
            assert {name: claims[name] for name in ("id", "email", "role")} == {
                "id": id,
                "email": "rafiq@example.com",
                "role": "admin",
            }
            assert claims["exp"] - claims["iat"] == 7 * 86_400
            bearer = {"authorization": f"Bearer {data['token']}"}
            assert (await d.http.get("/api/booking", headers=bearer)).status_code == 200

    run(work())


def test_unknown_account_and_wrong_password_get_the_same_answer(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            await d.account()
            assert await _login(d, WRONG) == await _login(d, WRONG | {"email": "nobody@example.com"})
            assert (await _login(d, WRONG))[0] == 401

    run(work())


@pytest.mark.parametrize("body", [{}, {"email": "", "password": ""}, {"email": 1, "password": 2}, [], None])
def test_empty_or_malformed_login_is_400_with_errors(tmp_path: Path, body: object) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            answer = await d.http.post("/api/login", json=body)
            assert answer.status_code == 400
            assert answer.json()["errors"]

    run(work())


def test_sixth_wrong_password_from_one_address_is_429_and_the_owner_elsewhere_is_not_locked_out(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, TRUSTED_PROXIES="127.0.0.1") as d:
            await d.account()
            for _ in range(5):
                assert (await _login(d, WRONG, **{"x-forwarded-for": "203.0.113.9"}))[0] == 401
            answer = await d.http.post("/api/login", json=GOOD, headers={"x-forwarded-for": "203.0.113.9"})
            assert answer.status_code == 429
            assert 1 <= int(answer.headers["retry-after"]) <= WINDOW // 1000
            assert (await _login(d, GOOD, **{"x-forwarded-for": "203.0.113.10"}))[0] == 200

    run(work())


def test_addresses_of_one_ipv6_network_are_counted_as_one(tmp_path: Path) -> None:
    def at(host: int) -> dict[str, str]:
        return {"x-forwarded-for": f"2001:db8:0:7::{host:x}"}

    async def work() -> None:
        limits = {"LIMIT_HANDSHAKES_PER_SECOND": "9", "LIMIT_CONNECTIONS_PER_ADDRESS": "2"}
        async with desk(tmp_path, TRUSTED_PROXIES="127.0.0.1", **limits) as d:
            await d.account()
            assert [(await _login(d, WRONG, **at(n)))[0] for n in range(6)] == [401] * 5 + [429]
            polling = "/socket.io/?EIO=4&transport=polling"
            assert [(await d.http.get(polling, headers=at(n))).status_code for n in range(3)] == [200, 200, 429]

    run(work())


def test_guesses_made_at_once_do_not_slip_through_together(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            await d.account()
            answers = await asyncio.gather(*(_login(d, WRONG) for _ in range(12)))
            assert sorted(status for status, _ in answers) == [401] * 5 + [429] * 7

    run(work())


def test_twenty_failures_of_one_address_are_its_limit_and_survive_a_restart(tmp_path: Path) -> None:
    async def work() -> None:
        settings = load_settings({"CAREVIA_DATA_DIR": str(tmp_path)})
        clock = [now()]
        for times in (20, 0):
            store = open_store(settings.database_url, settings.data_dir)
            await store.open()
            people = People(store, Passwords(memory_kib=8), lambda: clock[0])
            for number in range(times):
                with pytest.raises(Exception, match="not right"):
                    await people.sign_in(f"u{number}@example.com", "x", "203.0.113.9")
            if not times:
                with pytest.raises(Exception, match="Too many attempts"):
                    await people.sign_in("another@example.com", "x", "203.0.113.9")
                clock[0] += WINDOW
                with pytest.raises(Exception, match="not right"):
                    await people.sign_in("another@example.com", "x", "203.0.113.9")
            await store.close()

    run(work())


def test_a_full_queue_of_passwords_is_503_and_counts_as_no_guess(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            await d.account()
            d.carevia.passwords._limit = 0
            assert (await _login(d))[0] == 503
            d.carevia.passwords._limit = 9
            assert (await _login(d))[0] == 200

    run(work())


def test_password_is_stored_as_argon2id_with_the_parameters_of_owasp() -> None:
    async def work() -> None:
        passwords = Passwords()
        try:
            stored = await passwords.hash("long enough")
            assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
            assert await passwords.matches("long enough", stored)
            assert not await passwords.matches("Long enough", stored)
            assert not await passwords.matches("", None)
            assert not await passwords.matches("x", "not a hash")
        finally:
            passwords.close()

    run(work())


# --- the session cookie ---


def test_cookie_is_host_only_secure_httponly_and_lax_on_https(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, **PRODUCTION) as d:
            await d.account()
            cookie = (await d.http.post("/api/login", json=GOOD)).headers["set-cookie"]
            name, *attributes = cookie.split("; ")
            assert re.fullmatch(r"__Host-carevia=[A-Za-z0-9_-]{43}", name)
            assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(attributes)
            assert not any(part.startswith("Domain") for part in attributes)

    run(work())


def test_cookie_is_plain_on_http_in_development(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            await d.account()
            cookie = (await d.http.post("/api/login", json=GOOD)).headers["set-cookie"]
            assert cookie.startswith("carevia=")
            assert "Secure" not in cookie

    run(work())


def test_login_rotates_the_session_and_the_old_one_ends(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            old = await d.signed_in()
            answer = await d.http.post("/api/login", json=GOOD, headers=old | {"origin": ORIGIN})
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


@pytest.mark.parametrize(("step", "whole"), [(IDLE, IDLE), (IDLE - 1, ABSOLUTE)])
def test_session_ends_after_12_idle_hours_and_after_7_days(tmp_path: Path, step: int, whole: int) -> None:
    async def work() -> None:
        clock = [now()]
        store = open_store(None, tmp_path)
        await store.open()
        people = People(store, Passwords(memory_kib=8), lambda: clock[0])
        person = await people.add("a@example.com", "user", None, None)
        token = (await people.use_link(await people.make_link(person.id))).token
        passed = 0
        while passed + step < whole:
            clock[0] += step
            passed += step
            assert await people.session(token) is not None
        clock[0] += whole - passed
        assert await people.session(token) is None
        await store.close()

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


# --- one-time links ---


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
        store = open_store(None, tmp_path)
        await store.open()
        people = People(store, Passwords(memory_kib=8), lambda: clock[0])
        person = await people.add("a@example.com", "user", None, None)
        token = await people.make_link(person.id)
        clock[0] += 15 * 60_000
        with pytest.raises(Exception, match="too old"):
            await people.use_link(token)
        await store.close()

    run(work())


# --- tokens of an existing site ---


async def _with(d: Desk, token: str) -> tuple[int, str]:
    answer = await d.http.get("/api/booking", headers={"authorization": f"Bearer {token}"})
    return answer.status_code, answer.json()["message"]


def test_role_in_a_shared_secret_token_is_believed_also_for_ids_new_to_us(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            user = (await d.http.get("/api/session", headers=d.bearer("new-1", "admin", name="A B"))).json()["data"]
            assert user["user"] == {"_id": "new-1", "name": "A B", "email": "new-1@example.com", "role": "admin"}
            assert (await d.http.get("/api/chat/user/booking", headers=d.bearer("new-1", "admin"))).status_code == 200
            assert (await d.http.get("/api/chat/user/booking", headers=d.bearer("new-1"))).status_code == 403

    run(work())


def test_expired_token_says_so(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            assert await _with(d, d.token(seconds=-1)) == (401, "Token expired")

    run(work())


@pytest.mark.parametrize(
    "claims",
    [
        {"role": "owner"},
        {"role": ...},
        {"id": ...},
        {"id": 7},
        {"id": "desk"},
        {"id": "a/desk"},
        {"exp": ...},
        {"exp": "later"},
        {"exp": None},
        {"email": 5},
        {"id": "u\ud83d"},
        {"ses": "\ud83d"},
        {"exp": math.nan},
        {"exp": math.inf},
        {"iat": math.nan},
        {"iat": -math.inf},
        {"iat": "now"},
        {"nbf": None},
    ],
)
def test_token_that_says_too_little_or_nonsense_is_not_valid(tmp_path: Path, claims: dict[str, object]) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            assert await _with(d, d.token(**({"id": "u1"} | claims))) == (401, "Token not valid")  # type: ignore[arg-type]

    run(work())


@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_token_from_the_future_is_not_valid_but_clocks_may_differ_by_300_seconds(claim: str) -> None:
    made = 1_795_408_000
    token = jwt.encode({"id": "u1", "role": "user", "exp": made + 900, claim: made}, KEY, algorithm="HS256")
    clock = [(made - CLOCKS_DIFFER) * 1000]
    tokens = Tokens("k" * 32, KEY, lambda: clock[0])
    assert tokens.read(token).person.id == "u1"
    clock[0] -= 1
    with pytest.raises(SignInFirst, match="Token not valid"):
        tokens.read(token)


def test_whose_name_ends_in_half_an_emoji_signs_in_without_it(tmp_path: Path) -> None:
    """JavaScript's slice makes such names. They answered 500, and the socket was closed without a word, for ever."""

    async def work() -> None:
        async with desk(tmp_path) as d:
            half: dict[str, Any] = {"name": "Rafiq Hasan \ud83d", "email": "rafiq\udc00@example.com"}
            for role in ("admin", "user"):
                user = (await d.http.get("/api/session", headers=d.bearer(role, role, **half))).json()["data"]["user"]
                assert (user["name"], user["email"]) == ("Rafiq Hasan", "rafiq@example.com")
                async with d.socket({"token": d.token(role, role, **half)}) as peer:
                    assert peer.id
                async with d.socket({"token": d.token(f"{role}\ud83d", role)}) as peer:
                    assert peer.refusal == "Token not valid"
            assert not [line for line in d.lines if "Error" in line]

    run(work())


def test_unsigned_foreign_and_garbled_tokens_are_not_valid(tmp_path: Path) -> None:
    claims = {"id": "u1", "role": "admin", "exp": now() // 1000 + 60}

    async def work() -> None:
        async with desk(tmp_path) as d:
            secret = d.carevia.settings.jwt_secret or ""
            tokens = [
                jwt.encode(claims, "", algorithm="none"),
                jwt.encode(claims, "another secret of forty characters......", algorithm="HS256"),
                jwt.encode(claims, secret + "x" * 64, algorithm="HS512"),
                d.token()[:-2],
                "a.b.c",
                "",
                "x" * 10_000,
                "é",
            ]
            for token in tokens:
                answer = await d.http.get("/api/booking", headers={b"authorization": f"Bearer {token}".encode()})
                assert (answer.status_code, answer.json()["message"]) == (401, "Token not valid"), token

    run(work())


def test_production_without_a_shared_secret_refuses_foreign_tokens_and_knows_its_own(tmp_path: Path) -> None:
    settings = {name: value for name, value in PRODUCTION.items() if name != "CAREVIA_JWT_SECRET"}

    async def work() -> None:
        async with desk(tmp_path, **settings) as d:
            claims = {"id": "u1", "role": "admin", "exp": now() // 1000 + 60}
            assert (await _with(d, jwt.encode(claims, KEY, algorithm="HS256")))[0] == 401
            await d.account()
            token = (await d.http.post("/api/login", json=GOOD)).json()["data"]["token"]
            assert (await _with(d, token))[0] == 200

    run(work())


def test_short_token_for_another_origin_lasts_five_minutes(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            headers = await d.signed_in() | {"origin": ORIGIN}
            data = (await d.http.post("/api/session/token", headers=headers, json={})).json()["data"]
            claims = jwt.decode(data["token"], options={"verify_signature": False})
            assert claims["exp"] - claims["iat"] == 300
            assert (await _with(d, data["token"]))[0] == 200
            assert (await d.http.post("/api/session/token", json={})).status_code == 401

    run(work())


def test_disabled_account_is_refused_by_cookie_token_and_password(tmp_path: Path) -> None:
    from sqlalchemy import update

    from carevia.store.tables import users

    async def work() -> None:
        async with desk(tmp_path) as d:
            cookie = await d.signed_in()
            session = (await d.http.get("/api/session", headers=cookie)).json()["data"]["user"]
            await d.carevia.store.write(lambda tx: tx.run(update(users).values(disabled=1)))
            assert (await d.http.get("/api/session", headers=cookie)).json()["data"]["user"] is None
            assert (await _with(d, d.token(session["_id"], "admin"))) == (401, "Token not valid")
            assert (await _login(d))[0] == 401

    run(work())


def test_bearer_comes_before_the_cookie(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            both = await d.signed_in() | d.bearer("somebody-else")
            user = (await d.http.get("/api/session", headers=both)).json()["data"]["user"]
            assert user["_id"] == "somebody-else"
            expired = await d.signed_in("b@example.com") | d.bearer(seconds=-5)
            assert (await d.http.get("/api/session", headers=expired)).status_code == 401

    run(work())


def test_name_of_a_token_without_one_is_the_stored_accounts(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            headers = d.bearer("demo-customer", name=..., email=...)
            user = (await d.http.get("/api/session", headers=headers)).json()["data"]["user"]
            assert user["name"] == "Nusrat Jahan"

    run(work())
