"""Tokens: those of an existing site, and our own; which credential decides."""

import math
from pathlib import Path
from typing import Any

import jwt
import pytest

from carevia.api.auth import Identity
from carevia.api.http import Request
from carevia.errors import SignInFirst
from carevia.service.tokens import CLOCKS_DIFFER, Tokens
from tests.aio import run
from tests.api.desk import KEY, LOGIN, ORIGIN, PRODUCTION, Desk, desk, known, now
from tests.harness.program import ROOT


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


def test_who_comes_as_staff_by_a_token_of_the_site_can_be_assigned_also_who_was_known_as_a_customer(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            await known(d, "u1", "rafiq")

            async def assign(assignee: str) -> int:
                change = {"roomId": "u1", "assignee": assignee}
                headers = d.bearer("boss", "admin")
                return (await d.http.post("/api/chat/conversation", json=change, headers=headers)).status_code

            assert await assign("rafiq") == 400
            assert (await d.http.get("/api/session", headers=d.bearer("rafiq", "admin"))).status_code == 200
            assert await assign("rafiq") == 200
            assert (await d.http.get("/api/session", headers=d.bearer("rafiq"))).status_code == 200
            assert await assign("boss") == 200
            assert await assign("rafiq") == 200, "who looks at the site's shop is staff all the same"

    run(work())


def test_the_role_of_an_account_that_signs_in_here_is_not_changed_by_a_token_of_the_site(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            for email, role in (("a@carevia.example", "admin"), ("b@carevia.example", "user")):
                id_ = await d.account(email, role)
                other = "user" if role == "admin" else "admin"
                said = (await d.http.get("/api/session", headers=d.bearer(id_, other))).json()["data"]["user"]
                assert said["role"] == other
                session = await d.carevia.people.use_link(await d.carevia.people.make_link(id_))
                assert session.person.role == role

    run(work())


def test_the_scheme_of_a_credential_may_be_written_in_any_case(tmp_path: Path) -> None:
    """RFC 9110, 11.1."""

    async def work() -> None:
        async with desk(tmp_path) as d:
            answer = await d.http.get("/api/booking", headers={"authorization": f"bearer {d.token()}"})
            assert answer.status_code == 200

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
        {"exp": 10**400},
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
def test_token_from_the_future_is_not_valid_but_clocks_may_differ_by_a_quarter_of_an_hour(claim: str) -> None:
    made = 1_795_408_000
    token = jwt.encode({"id": "u1", "role": "user", "exp": made + 900, claim: made}, KEY, algorithm="HS256")
    clock = [(made - CLOCKS_DIFFER) * 1000]
    tokens = Tokens("k" * 32, KEY, lambda: clock[0])
    assert tokens.read(token).person.id == "u1"
    clock[0] -= 1
    with pytest.raises(SignInFirst, match="Token not valid"):
        tokens.read(token)


def test_integrators_are_told_how_far_ahead_a_token_may_be() -> None:
    told = (ROOT / "docs/integrate/README.md").read_text()
    assert f"`iat` and `nbf`; these two may be at most {CLOCKS_DIFFER} s ahead of Carevia's" in " ".join(told.split())


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
            token = (await d.http.post("/api/login", json=LOGIN)).json()["data"]["token"]
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


def test_no_token_is_exchanged_for_one_that_outlives_it(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            given = d.bearer("from-the-site", seconds=60)
            data = (await d.http.post("/api/session/token", headers=given, json={})).json()["data"]
            ends = [
                jwt.decode(token, options={"verify_signature": False})["exp"]
                for token in (data["token"], given["authorization"].removeprefix("Bearer "))
            ]
            assert ends[0] <= ends[1]
            assert (await _with(d, data["token"]))[0] == 200

    run(work())


def test_a_token_that_is_made_while_its_session_is_ended_ends_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            judged = d.carevia.auth.of_request

            async def signed_out_meanwhile(request: Request) -> Identity | None:
                identity = await judged(request)
                if identity is not None and identity.session is not None:
                    await d.carevia.credentials.sign_out(identity.session)
                return identity

            headers = await d.signed_in() | {"origin": ORIGIN}
            with monkeypatch.context() as patched:
                patched.setattr(d.carevia.auth, "of_request", signed_out_meanwhile)
                data = (await d.http.post("/api/session/token", headers=headers, json={})).json()["data"]
            assert (await _with(d, data["token"])) == (401, "Token not valid")

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
            assert (await d.login())[0] == 401

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
