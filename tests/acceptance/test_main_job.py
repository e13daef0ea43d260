"""The main job, from outside: a signed webhook, a 200, and the booking on every desk, whatever dies in between."""

import asyncio
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
import socketio

from tests.acceptance import stripe
from tests.acceptance.conftest import ON_BOTH, SETTINGS
from tests.acceptance.people import staff, token
from tests.conftest import StartProgram
from tests.harness.node import SocketIOClient
from tests.harness.program import Program

TRANSPORTS = [["polling"], ["websocket"], ["polling", "websocket"]]
BOOKING_KEYS = {
    "userId",
    "userEmail",
    "userName",
    "serviceName",
    "trackingId",
    "amountPaid",
    "amount",
    "currency",
}


def get(program: Program, path: str, bearer: str) -> Any:
    """The `data` of a GET."""
    answer = httpx2.get(program.url + path, headers={"Authorization": f"Bearer {bearer}"}, trust_env=False)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def pay(program: Program, user_id: str = "family-1") -> None:
    """A family pays: one delivery, answered 200."""
    answer = stripe.deliver(program.url, stripe.event(stripe.session(user_id)))
    assert (answer.status_code, answer.json()) == (200, {"received": True})


@pytest.mark.parametrize("transports", TRANSPORTS, ids="+".join)
def test_a_paid_booking_reaches_socket_io_client(
    shared: Program, javascript_client: SocketIOClient, transports: list[str]
) -> None:
    client = javascript_client
    connected = client.connect(shared.url, transports=transports, auth={"token": staff()})
    if connected["transport"] != transports[-1]:  # the upgrade may come before the CONNECT reply or after it
        assert client.expect_kind("upgrade")["transport"] == "websocket"
    pay(shared)
    booking, offset = client.expect_event("customer_added")["args"]
    assert set(booking) == BOOKING_KEYS
    assert (booking["userId"], booking["userName"]) == ("family-1", "Nusrat Jahan")
    assert (booking["amountPaid"], booking["amount"], booking["currency"]) == ("3000", 300_000, "bdt")
    assert isinstance(offset, str)
    assert client.state()["transport"] == transports[-1]


@asynccontextmanager
async def python_client(program: Program, transports: list[str]) -> AsyncIterator[socketio.AsyncSimpleClient]:
    async with socketio.AsyncSimpleClient() as client:
        await client.connect(program.url, auth={"token": staff()}, transports=transports)
        yield client


@pytest.mark.parametrize("transports", TRANSPORTS, ids="+".join)
def test_a_paid_booking_reaches_python_socketios_client(shared: Program, transports: list[str]) -> None:
    async def body() -> None:
        async with python_client(shared, transports) as client:
            await asyncio.to_thread(pay, shared)
            async with asyncio.timeout(10):
                name = ""
                while name != "customer_added":
                    name, booking, *_ = await client.receive()
            assert booking["userId"] == "family-1"

    asyncio.run(body())


def test_neither_a_customer_nor_a_guest_learns_of_it(shared: Program, javascript_client: SocketIOClient) -> None:
    client = javascript_client
    client.connect(shared.url, "desk", auth={"token": staff()})
    client.connect(shared.url, "customer", auth={"token": token("family-2")})
    client.connect(shared.url, "payer", auth={"token": token("family-1")})
    client.connect(shared.url, "guest")
    pay(shared)
    client.expect_event("customer_added", "desk")
    for socket in ("customer", "payer", "guest"):
        client.call("test_event", socket=socket)  # a full round trip later nothing has come
        assert client.events("customer_added", socket) == []


@ON_BOTH
def test_killed_right_after_the_200_the_booking_is_still_shown_once(
    carevia: Program, javascript_client: SocketIOClient
) -> None:
    client = javascript_client
    first = client.connect(carevia.url, auth={"token": staff()})
    client.change_over()
    body = stripe.event(stripe.session("family-1"))
    assert stripe.deliver(carevia.url, body).status_code == 200
    carevia.kill()
    carevia.start()
    again = client.expect_kind("connect", timeout=15)
    assert (again["id"], again["recovered"]) == (first["id"], True)
    client.expect_event("customer_added")
    assert stripe.deliver(carevia.url, body).status_code == 200  # Stripe sends it once more
    pay(carevia, "family-9")
    client.expect_event("customer_added")
    assert [args[0]["userId"] for args in client.events("customer_added")] == ["family-1", "family-9"]
    assert get(carevia, "/api/booking", staff())["totalItems"] == 2


@ON_BOTH
@pytest.mark.parametrize(
    "point",
    ["webhook.verified", "webhook.in_transaction", "webhook.committed", "webhook.before_answer", "relay.before_emit"],
)
def test_wherever_it_dies_the_retry_makes_one_booking_shown_once(
    start_program: StartProgram, on_store: dict[str, str], javascript_client: SocketIOClient, point: str
) -> None:
    program = start_program(**SETTINGS, **on_store, CAREVIA_FAILPOINT=point)
    client = javascript_client
    client.connect(program.url, auth={"token": staff()})
    client.change_over()
    body = stripe.event(stripe.session("family-1"))
    try:
        answered = stripe.deliver(program.url, body).status_code
    except httpx2.TransportError:
        answered = None
    assert answered is None or (point == "relay.before_emit" and answered == 200), "the relay comes after it"
    assert program.wait() == -9
    program.settings = SETTINGS | on_store
    program.start()
    assert stripe.deliver(program.url, body).status_code == 200
    client.expect_event("customer_added", timeout=15)
    pay(program, "family-9")
    while client.expect_event("customer_added")["args"][0]["userId"] != "family-9":
        pass
    assert [args[0]["userId"] for args in client.events("customer_added")] == ["family-1", "family-9"]
    assert get(program, "/api/booking", staff())["totalItems"] == 2


@ON_BOTH
def test_fifty_identical_deliveries_at_once_make_one_booking(
    carevia: Program, javascript_client: SocketIOClient
) -> None:
    javascript_client.connect(carevia.url, auth={"token": staff()})
    body = stripe.event(stripe.session("family-1"))
    header = stripe.signature(body)
    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(lambda _: stripe.deliver(carevia.url, body, header).status_code, range(50)))
    assert answers == [200] * 50
    pay(carevia, "family-9")
    while javascript_client.expect_event("customer_added")["args"][0]["userId"] != "family-9":
        pass
    assert len(javascript_client.events("customer_added")) == 2
    assert get(carevia, "/api/booking", staff())["totalItems"] == 2


def test_the_session_is_believed_and_never_its_metadata(carevia: Program) -> None:
    pay(carevia)
    (booking,) = get(carevia, "/api/booking", staff())["bookings"]
    assert (booking["amountPaid"], booking["totalPrice"], booking["dueAmount"]) == ("3000", "6000", "3000")
    (payment,) = get(carevia, "/api/payment", staff())["payments"]
    assert (payment["amount"], payment["currency"]) == (300_000, "bdt")


def test_an_unpaid_session_makes_nothing_until_the_money_clears(carevia: Program) -> None:
    unpaid = stripe.session("family-1", payment_status="unpaid")
    assert stripe.deliver(carevia.url, stripe.event(unpaid)).status_code == 200
    assert get(carevia, "/api/booking", staff())["totalItems"] == 0
    paid = unpaid | {"payment_status": "paid"}
    body = stripe.event(paid, "checkout.session.async_payment_succeeded")
    assert stripe.deliver(carevia.url, body).status_code == 200
    assert get(carevia, "/api/booking", staff())["totalItems"] == 1


@pytest.mark.parametrize(
    "kind",
    [
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "charge.refunded",
        "charge.dispute.created",
        "charge.dispute.closed",
        "payment_intent.payment_failed",
        "invoice.finalized",
    ],
)
def test_every_other_event_is_stored_and_answered_200(shared: Program, kind: str) -> None:
    before = get(shared, "/api/booking", staff())["totalItems"]
    subject = {"id": "ch_1", "object": "charge", "amount": 300_000, "currency": "bdt", "payment_intent": "pi_1"}
    if kind.startswith("checkout"):
        subject = stripe.session("family-1", payment_status="unpaid", status="expired")
    answer = stripe.deliver(shared.url, stripe.event(subject, kind))
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert get(shared, "/api/booking", staff())["totalItems"] == before


def test_what_is_not_signed_as_it_should_be_is_400_and_makes_nothing(shared: Program) -> None:
    before = get(shared, "/api/booking", staff())["totalItems"]
    body = stripe.event(stripe.session("family-1"))
    now = int(time.time())
    bad = [
        "",
        "t=,v1=",
        "nonsense",
        stripe.signature(body, "whsec_of-somebody-else-0123456789abcdefghij"),
        stripe.signature(body + b" "),
        stripe.signature(body, timestamp=now - 301),
        stripe.signature(body, timestamp=now + 330),
    ]
    for header in bad:
        headers = {"Stripe-Signature": header} if header else {}
        answer = httpx2.post(f"{shared.url}/api/payment/webhook", content=body, headers=headers, trust_env=False)
        assert (answer.status_code, answer.json()["success"]) == (400, False), header
    for junk in (b"", b"{", b"[]", b'{"id": "evt_1"}', b'"text"'):
        assert stripe.deliver(shared.url, junk).status_code == 400, junk
    live = stripe.event(stripe.session("family-1", livemode=True), livemode=True)
    assert stripe.deliver(shared.url, live).status_code == 400  # a live event to a development server
    huge = b" " * 262_145
    assert stripe.deliver(shared.url, huge).status_code == 413
    assert get(shared, "/api/booking", staff())["totalItems"] == before
