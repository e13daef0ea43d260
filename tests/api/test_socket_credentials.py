"""Who may connect: credentials in their order, origins, guests, and what the terminal says of it."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from carevia.errors import Unavailable
from tests.aio import run
from tests.api.desk import ORIGIN, PRODUCTION, Peer, customer, desk, staff, until

POLLING = "/socket.io/?EIO=4&transport=polling"


def test_terminal_says_who_connects_and_leaves(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            async with d.socket() as peer:
                id = peer.id
                await until(lambda: f"✅ Client connected: {id}" in d.lines)
            await until(lambda: f"❌ Client disconnected: {id}" in d.lines)

    run(work())


def test_json_log_carries_the_same_words(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, LOG="json") as d, d.socket() as peer:
            await until(lambda: d.lines)
            assert msgspec.json.decode(d.lines[0])["event"] == f"✅ Client connected: {peer.id}"

    run(work())


def test_socket_without_a_token_is_refused_in_production_and_a_guest_in_development(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, **PRODUCTION) as d, d.socket() as peer:
            assert peer.refusal == "Sign in first"
        async with desk(tmp_path / "b") as d:
            async with d.socket() as peer:
                assert set(msgspec.json.decode(peer.reply[2:])) == {"sid"}
            for nothing in ("", None):
                async with d.socket({"token": nothing}) as peer:
                    assert peer.id

    run(work())


@pytest.mark.parametrize(
    ("claims", "said"), [({"seconds": -1}, "Token expired"), ({"role": "owner"}, "Token not valid")]
)
def test_bad_or_expired_token_is_refused_even_where_guests_may_connect(
    tmp_path: Path, claims: dict[str, Any], said: str
) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            token = d.token(**({"id": "u1"} | claims))
            async with d.socket({"token": token}) as peer:
                assert peer.refusal == said
            async with d.socket(authorization=f"Bearer {token}") as peer:
                assert peer.refusal == said
            async with d.socket({"token": 5}) as peer:
                assert peer.refusal == "Token not valid"

    run(work())


def test_credentials_count_in_their_order(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            cookie = (await d.signed_in())["cookie"]
            seats = d.carevia.seats
            async with d.socket(customer(d, "by-auth"), authorization=f"Bearer {d.token('by-bearer')}", cookie=cookie):
                await until(lambda: set(seats.people()) == {"by-auth"})
            async with d.socket(authorization=f"Bearer {d.token('by-bearer')}", cookie=cookie):
                await until(lambda: set(seats.people()) == {"by-bearer"})
            async with d.socket(cookie=cookie):
                await until(seats.sessions)

    run(work())


def test_foreign_origin_is_403_before_anything_and_the_cookie_is_never_its(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            cookie = (await d.signed_in())["cookie"]
            for origin in ("https://evil.example", "null", "nonsense"):
                answer = await d.http.get(POLLING, headers={"origin": origin, "cookie": cookie})
                assert answer.status_code == 403
            assert (await d.http.get(POLLING, headers={"origin": ORIGIN})).status_code == 200

    run(work())


def test_upgrade_without_an_origin_may_not_use_the_cookie(tmp_path: Path) -> None:
    from carevia.realtime import Handshake
    from carevia.realtime.handshake import TrustedProxies

    async def work() -> None:
        async with desk(tmp_path) as d:
            raw = [(b"cookie", (await d.signed_in())["cookie"].encode()), (b"host", b"localhost:3000")]
            origin = (b"origin", ORIGIN.encode())

            async def who(query: bytes, headers: list[tuple[bytes, bytes]]) -> object:
                handshake = Handshake(headers, query, "127.0.0.1", "http", TrustedProxies(()))
                return await d.carevia.auth.of_socket(handshake, {})

            assert await who(b"EIO=4&transport=websocket", raw) is None
            assert await who(b"EIO=4&transport=websocket", [*raw, origin]) is not None
            assert await who(b"EIO=4&transport=polling", raw) is not None

    run(work())


def test_store_that_does_not_answer_closes_the_transport_so_that_the_client_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_: Any) -> Any:
        raise Unavailable("The store does not answer.")

    async def work() -> None:
        async with desk(tmp_path) as d:
            auth = msgspec.json.encode(staff(d)).decode()
            monkeypatch.setattr(d.carevia.store, "read", refuse)
            peer = Peer(d.http, {})
            await peer.open()
            await peer.send("40" + auth)
            assert await peer.ended()
            monkeypatch.undo()

    run(work())
