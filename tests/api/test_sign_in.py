"""Signing in with a password: `/api/login`, and the limits on guessing."""

import asyncio
from pathlib import Path
from threading import Thread

import jwt
import pytest

from carevia.config import load_settings
from carevia.service.attempts import WINDOW
from carevia.service.passwords import THREADS, WAITING, Passwords
from carevia.service.people import People
from carevia.store.store import open_store
from tests.aio import run
from tests.api.desk import LOGIN, desk, now

WRONG = LOGIN | {"password": "something else"}


def test_login_answers_token_and_user_in_the_words_of_the_contract(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            id = await d.account()
            answer = await d.http.post("/api/login", json=LOGIN | {"email": " Rafiq@Example.com "})
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
            assert await d.login(WRONG) == await d.login(WRONG | {"email": "nobody@example.com"})
            assert (await d.login(WRONG))[0] == 401

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
                assert (await d.login(WRONG, **{"x-forwarded-for": "203.0.113.9"}))[0] == 401
            answer = await d.http.post("/api/login", json=LOGIN, headers={"x-forwarded-for": "203.0.113.9"})
            assert answer.status_code == 429
            assert 1 <= int(answer.headers["retry-after"]) <= WINDOW // 1000
            assert (await d.login(LOGIN, **{"x-forwarded-for": "203.0.113.10"}))[0] == 200

    run(work())


def test_addresses_of_one_ipv6_network_are_counted_as_one(tmp_path: Path) -> None:
    def at(host: int) -> dict[str, str]:
        return {"x-forwarded-for": f"2001:db8:0:7::{host:x}"}

    async def work() -> None:
        limits = {"LIMIT_HANDSHAKES_PER_SECOND": "9", "LIMIT_CONNECTIONS_PER_ADDRESS": "2"}
        async with desk(tmp_path, TRUSTED_PROXIES="127.0.0.1", **limits) as d:
            await d.account()
            assert [(await d.login(WRONG, **at(n)))[0] for n in range(6)] == [401] * 5 + [429]
            polling = "/socket.io/?EIO=4&transport=polling"
            assert [(await d.http.get(polling, headers=at(n))).status_code for n in range(3)] == [200, 200, 429]

    run(work())


def test_guesses_made_at_once_do_not_slip_through_together(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            await d.account()
            answers = await asyncio.gather(*(d.login(WRONG) for _ in range(12)))
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


def test_a_full_queue_of_passwords_is_503_and_counts_as_no_guess(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            await d.account()
            with monkeypatch.context() as full:
                full.setattr("carevia.service.passwords.WAITING", -THREADS)  # no place at all
                assert (await d.login())[0] == 503
            assert (await d.login())[0] == 200

    run(work())


def test_passwords_that_no_thread_could_be_had_for_take_no_place_in_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_thread(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def work() -> None:
        passwords = Passwords(memory_kib=8)
        with monkeypatch.context() as refused:
            refused.setattr(Thread, "start", no_thread)
            for _ in range(THREADS + WAITING + 1):
                with pytest.raises(RuntimeError):
                    await passwords.hash("long enough")
        assert await passwords.matches("long enough", await passwords.hash("long enough"))
        passwords.close()

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
