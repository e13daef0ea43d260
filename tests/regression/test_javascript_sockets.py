"""The faults about sockets of the JavaScript system whose events and routes Carevia keeps."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from carevia.api.simulator import paid_event
from tests.acceptance import stripe
from tests.acceptance.conftest import SETTINGS
from tests.acceptance.people import staff as staff_token
from tests.aio import run
from tests.api.desk import Desk, Peer, customer, desk, message, now, staff
from tests.conftest import StartProgram
from tests.harness.node import SocketIOClient


async def pay(d: Desk, user: str = "u1") -> None:
    event = paid_event(now())
    event["data"]["object"]["metadata"] |= {"userId": user, "userName": "Nusrat Jahan"}
    assert (await d.pay(event)).status_code == 200


def ticket(peer: Peer, offset: str | None = None) -> dict[str, Any]:
    """What socket.io-client presents when it comes back."""
    pid = msgspec.json.decode(peer.reply.removeprefix("40"))["pid"]
    return {"pid": pid} | ({"offset": offset} if offset else {})


def test_j6_what_was_paid_while_nothing_could_be_emitted_is_shown_after_the_restart(tmp_path: Path) -> None:
    """The notifier had three seconds, swallowed its error and kept nothing; a restart lost what was paid."""

    async def work() -> None:
        secrets = {"STRIPE_WEBHOOK_SECRET": "whsec_one_and_the_same", "SECRET_KEY": "k" * 40, "JWT_SECRET": "j" * 40}
        async with desk(tmp_path, **secrets) as d, d.socket(staff(d)) as boss:
            kept = ticket(boss)
            await d.carevia.relay.stop()
            await pay(d)
            assert await boss.silent()
        async with desk(tmp_path, **secrets) as d, d.socket(staff(d) | kept) as boss:
            assert (await boss.event("customer_added"))[0]["userId"] == "u1"

    run(work())


def test_j7_a_paid_booking_is_shown_to_staff_only_and_no_foreign_page_may_connect(tmp_path: Path) -> None:
    """`io.emit` told every socket on the internet every customer's name, e-mail and care service."""

    async def work() -> None:
        async with (
            desk(tmp_path) as d,
            d.socket(staff(d)) as boss,
            d.socket(customer(d, "u1")) as payer,
            d.socket(customer(d, "u2")) as other,
            d.socket() as guest,
        ):
            await pay(d)
            await boss.event("customer_added")
            for peer in (payer, other, guest):
                assert await peer.silent()
            foreign = await Peer(d.http, {"origin": "https://elsewhere.example"}).open()
            assert (foreign.status_code, "access-control-allow-origin" in foreign.headers) == (403, False)

    run(work())


def test_j7_without_a_token_nobody_connects_in_production(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, GUEST_SOCKETS="off") as d, d.socket() as peer:
            assert peer.refusal == "Sign in first"

    run(work())


def test_j8_no_client_reads_a_conversation_that_is_not_its_own(tmp_path: Path) -> None:
    """`join_room` took any name, and the name of a room is a user id."""

    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(customer(d, "u1")) as family, d.socket(customer(d, "u2")) as curious:
            for room in ("u1", "desk", "u1/desk"):
                assert (await curious.ask("join_room", room))["code"] == "forbidden"
            assert (await family.ask("send_message", message("u1", text="My mother is ill")))["ok"]
            assert (await curious.ask("send_message", message("u1", id="2-b")))["ok"] is False
            assert await curious.silent()
            query = "/api/chat/message?roomId=u1"
            assert (await d.http.get(query, headers=d.bearer("u2"))).status_code in (403, 404)

    run(work())


def test_j9_nobody_forges_a_booking(tmp_path: Path) -> None:
    """`new_booking` from any client, and `/emit-booking` from anybody, lit up every desk."""

    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(staff(d)) as boss, d.socket(customer(d)) as family:
            for peer in (boss, family):
                assert (await peer.ask("new_booking", {"userId": "u9"}))["code"] == "forbidden"
            body = {"userId": "u9", "userName": "Nobody", "amountPaid": "3000"}
            assert (await d.http.post("/emit-booking", json=body)).status_code == 401
            assert (await d.emit(body, secret="whsec_" + "QUJD" * 12)).status_code == 401
            assert await boss.silent()
            assert await d.carevia.store.bounds() == (0, 0)

    run(work())


DEADLY = ['42["typing"]', '42["send_message"]', '42["send_message",null]', '42["join_room"]', '42["join_room",{}]']


def test_j10_a_packet_without_arguments_kills_nothing(
    start_program: StartProgram, javascript_client: SocketIOClient
) -> None:
    """One anonymous packet of twelve bytes ended the process, and every desk with it."""
    import httpx2

    program, client = start_program(**SETTINGS), javascript_client
    desk_id = client.connect(program.url, "desk", auth={"token": staff_token()})["id"]
    address = f"{program.url}/socket.io/?EIO=4&transport=polling"
    with httpx2.Client(trust_env=False) as http:
        for packet in DEADLY:
            sid = msgspec.json.decode(http.get(address).text[1:])["sid"]
            for sent in ("40", packet):
                assert http.post(f"{address}&sid={sid}", content=sent).text == "ok"
            assert http.get(f"{program.url}/healthz").status_code == 200
    client.call("test_event", socket="desk")
    assert client.state("desk")["id"] == desk_id
    assert "Traceback" not in "\n".join(program.err.seen)


def test_j13_a_client_is_back_after_an_outage_of_many_attempts(
    start_program: StartProgram, javascript_client: SocketIOClient
) -> None:
    """Five attempts, and the tab was dead until somebody reloaded it. That our page never gives up either is tested
    beside it, in web/src/lib/socket/connection.test.ts."""
    program, client = start_program(**SETTINGS), javascript_client
    options: dict[str, Any] = {"auth": {"token": staff_token()}, "reconnectionDelay": 20, "reconnectionDelayMax": 40}
    client.connect(program.url, **options)
    client.change_over()
    program.kill()
    client.expect_kind("disconnect")
    for _ in range(8):
        client.expect_kind("connect_error")
    program.start()
    assert client.expect_kind("connect", timeout=15)["recovered"] is True
    assert stripe.deliver(program.url, stripe.event(stripe.session("family-1"))).status_code == 200
    client.expect_event("customer_added")


@pytest.mark.parametrize("seen_before", [0, 1])
def test_j14_what_was_missed_while_away_comes_on_return_in_order_and_once(tmp_path: Path, seen_before: int) -> None:
    """There was no catch-up on connect: missed while away was missed."""

    async def work() -> None:
        async with desk(tmp_path) as d:
            offset = None
            async with d.socket(staff(d)) as boss:
                for n in range(seen_before):
                    await pay(d, f"seen-{n}")
                    _, offset = await boss.event("customer_added")
                kept = ticket(boss, offset)
            for n in range(3):
                await pay(d, f"missed-{n}")
            async with d.socket(staff(d) | kept) as boss:
                names = [(await boss.event("customer_added"))[0]["userId"] for _ in range(3)]
                assert names == ["missed-0", "missed-1", "missed-2"]
                assert await boss.silent()

    run(work())
