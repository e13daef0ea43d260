"""The ten kinds of event of one payment, in any order and any number, over the real store: one state, told once.

One store serves every example; each example brings sessions of its own, ten orders at a time, committed together.
"""

import asyncio
import json
from collections.abc import Iterator
from itertools import count, pairwise, permutations
from math import factorial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from carevia.domain.bookings import BookingQuery
from carevia.domain.payment_lists import PaymentQuery
from carevia.domain.times import iso
from carevia.store.store import Store
from tests.aio import run
from tests.provider import charge, dispute, intent
from tests.service.house import NOW, STAFF, House, house, paid_event
from tests.store.opened import opened, query

AMOUNT, PART = 300_000, 100_000
PAYING = {"completed", "async succeeded"}
HAPPENED = {"completed": NOW, "async succeeded": NOW - 60_000}  # not in the order of the ten
TEN = (
    *("completed", "completed unpaid", "async succeeded", "async failed", "expired"),
    *("refunded partly", "refunded fully", "dispute created", "dispute closed", "payment failed"),
)
# A session is four times as long as what of it is looked at; complete ones are in the other tests.
LOOKED_AT = {"id", "amount_total", "currency", "mode", "metadata", "payment_intent", "payment_status", "status"}
SHUFFLES, TOGETHER = 5_000, 20


def event_of(kind: str, name: str, closed_as: str = "won") -> dict[str, Any]:
    """One of the ten, about the session and the payment intent of this name."""
    session, intent_id = f"cs_{name}", f"pi_{name}"

    def told(type_: str, **changes: Any) -> dict[str, Any]:
        at = HAPPENED.get(kind, NOW + 60_000)
        event = paid_event(name, now=at, type=type_, id=session, payment_intent=intent_id, **changes)
        event["data"]["object"] = {key: value for key, value in event["data"]["object"].items() if key in LOOKED_AT}
        return event

    def about(type_: str, thing: dict[str, Any]) -> dict[str, Any]:
        return told(type_) | {"data": {"object": thing}}

    match kind:
        case "completed":
            return told("checkout.session.completed")
        case "completed unpaid":
            return told("checkout.session.completed", payment_status="unpaid")
        case "async succeeded":
            return told("checkout.session.async_payment_succeeded")
        case "async failed":
            return told("checkout.session.async_payment_failed", payment_status="unpaid")
        case "expired":
            return told("checkout.session.expired", payment_status="unpaid", status="expired")
        case "refunded partly":
            return about("charge.refunded", charge(refunded=PART, intent=intent_id))
        case "refunded fully":
            return about("charge.refunded", charge(refunded=AMOUNT, intent=intent_id))
        case "dispute created":
            return about("charge.dispute.created", dispute("needs_response", intent=intent_id))
        case "dispute closed":
            return about("charge.dispute.closed", dispute(closed_as, intent=intent_id))
    return about("payment_intent.payment_failed", intent(intent_id))


class State(NamedTuple):
    """Of a booking and its only payment."""

    status: str
    payment_status: str
    refunded: int
    needs_look: bool
    paid_at: int


def expected(kinds: set[str], closed_as: tuple[str, ...]) -> State | None:
    """In other words than the program's: what has to be there once these kinds were told."""
    if not kinds & PAYING:
        return None
    lost = "dispute closed" in kinds and closed_as == ("lost",)
    turned = "dispute closed" in kinds and len(closed_as) == 2
    disputed = "dispute created" in kinds and "dispute closed" not in kinds
    back = AMOUNT if lost or "refunded fully" in kinds else PART if "refunded partly" in kinds else 0
    status = "refunded" if back == AMOUNT else "partly_refunded" if back else "paid"
    status = "charged_back" if lost else "disputed" if disputed else status
    contradicted = bool(kinds & {"async failed", "expired"})
    standing = "cancelled" if back == AMOUNT else "booked"
    paid_at = min(HAPPENED[kind] for kind in kinds & PAYING) // 1000 * 1000
    return State(standing, status, back, lost or turned or disputed or contradicted, paid_at)


class Order(NamedTuple):
    kinds: list[str]
    again: list[bool]  # whether a repeated kind comes as the same event or as another one
    closed_as: tuple[str, ...]  # lost and won: the provider has changed its mind, and either is told first


def order_of(repeats: int, shuffle: int, length: int, again: int, closed_as: tuple[str, ...]) -> Order:
    """A few kinds (the digits of `repeats`), then the first `length` of a permutation (by its number in the list of all
    of them). Whole orders out of five numbers: drawing each place by itself takes longer than the test."""
    left, permutation = list(TEN), []
    while left:
        shuffle, place = divmod(shuffle, len(left))
        permutation.append(left.pop(place))
    kinds = [TEN[int(digit)] for digit in str(repeats)] + permutation[:length]
    return Order(kinds, [bool(again >> n & 1) for n in range(len(kinds))], closed_as)


orders = st.builds(
    order_of,
    st.integers(0, 10**4 - 1),
    st.integers(0, factorial(len(TEN)) - 1),
    st.sampled_from([len(TEN), *range(len(TEN))]),
    st.integers(0, 2**16 - 1),
    st.sampled_from([("won",), ("lost",), ("lost", "won"), ("won", "lost")]),
)


class Desk:
    """A store for many examples, and what can be seen of one session in it."""

    def __init__(self, runner: asyncio.Runner, home: House, folder: Path) -> None:
        self.runner = runner
        self.home = home
        self.folder = folder
        self.names = count()

    def deliver(self, told: list[tuple[str, Order]]) -> None:
        """Each session's events in their order; the works of one turn are committed together."""
        self.runner.run(self._deliver([event for name, order in told for event in events_of(name, order)]))

    async def _deliver(self, events: list[dict[str, Any]]) -> None:
        await asyncio.gather(*(self.home.deliver(event) for event in events))

    def states(self, names: list[str]) -> dict[str, State]:
        """Booking and payment say the same, or there is none of either."""
        wanted = ", ".join(f"'{name}'" for name in names)
        rows = query(
            self.folder,
            "SELECT b.user_id, b.status, b.due,"
            " b.payment_status, b.refunded, b.needs_look, b.trouble, b.paid, b.created,"
            " p.status, p.refunded, p.needs_look, p.trouble, p.amount, p.paid_at"
            " FROM payments p LEFT JOIN bookings b ON b.id = p.booking_id"
            f" WHERE p.user_id IN ({wanted})",
        )
        found = {}
        for name, status, due, *both in rows:
            booking, payment = both[:6], both[6:]
            assert booking == payment
            payment_status, refunded, look, trouble, paid, at = booking
            assert (paid, due, look) == (AMOUNT, AMOUNT, None)
            assert name not in found, "two payments"
            found[name] = State(status, payment_status, refunded, trouble is not None, at)
        return found

    def journaled(self, after: int) -> dict[str, list[tuple[str, dict[str, Any]]]]:
        rows = query(self.folder, f"SELECT name, payload FROM journal WHERE seq > {after} ORDER BY seq")
        told: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        for name, payload in rows:
            read = json.loads(payload)
            told.setdefault(read["userId"], []).append((name, read))
        return told

    def newest(self) -> int:
        return int(query(self.folder, "SELECT coalesce(max(seq), 0) FROM journal")[0][0])


def events_of(name: str, order: Order) -> Iterator[dict[str, Any]]:
    seen: dict[tuple[str, str], dict[str, Any]] = {}
    for kind, again in zip(order.kinds, order.again, strict=False):
        for closed_as in order.closed_as if kind == "dispute closed" else ("",):
            if (kind, closed_as) not in seen or not again:
                seen[kind, closed_as] = event_of(kind, name, closed_as)
            yield seen[kind, closed_as]


def check_journal(told: list[tuple[str, dict[str, Any]]], state: State | None) -> None:
    """Announced once; every change told once, and the last one says how it is now."""
    if state is None:
        assert told == []
        return
    assert [name for name, _ in told].count("customer_added") == 1
    assert told[0][0] == "customer_added"
    updates = [payload for _, payload in told[1:]]
    assert all(one != other for one, other in pairwise(updates)), "told twice"
    assert bool(updates) or state[:-1] == ("booked", "paid", 0, False)
    if updates:
        last = updates[-1]
        shown = (last["status"], last["paymentStatus"], last["amountRefunded"], last["needsLook"], last["createdAt"])
        back, paid_at = str(state.refunded // 100), iso(state.paid_at)
        assert shown == (state.status, state.payment_status, back, state.needs_look, paid_at)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("orders")
    with asyncio.Runner() as runner:
        store: Any = opened(folder)
        kept: Store = runner.run(store.__aenter__())
        yield Desk(runner, House(kept, folder), folder)
        runner.run(store.__aexit__(None, None, None))


@settings(max_examples=SHUFFLES // TOGETHER, phases=[Phase.reuse, Phase.generate])  # an order says enough as it is
@given(st.lists(orders, min_size=TOGETHER, max_size=TOGETHER))
def test_five_thousand_shuffles_of_the_ten_events_end_in_one_state(desk: Desk, drawn: list[Order]) -> None:
    told = [(f"u{next(desk.names)}", order) for order in drawn]
    before = desk.newest()
    desk.deliver(told)
    states = desk.states([name for name, _ in told])
    journal = desk.journaled(before)
    for name, order in told:
        wanted = expected(set(order.kinds), order.closed_as)
        assert states.get(name) == wanted, order
        check_journal(journal.get(name, []), wanted)


def test_two_payments_of_one_booking_are_summed_up_in_any_order(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            told = [("completed", "a"), ("refunded fully", "a"), ("completed", "b"), ("refunded partly", "b")]
            for n, order in enumerate(permutations(told)):
                for kind, name in order:
                    event = event_of(kind, f"{name}{n}")
                    if kind == "completed":
                        event["data"]["object"]["metadata"] |= {"trackingId": f"CV-{n:08d}", "userId": f"u{n}"}
                    await home.deliver(event)
            rows = query(tmp_path, "SELECT DISTINCT status, payment_status, paid, refunded, trouble FROM bookings")
            assert rows == [("booked", "partly_refunded", 2 * AMOUNT, AMOUNT + PART, None)]
            assert len(await home.announced()) == n + 1 == 24
            page = await home.bookings.list(STAFF, BookingQuery(limit=100))
            newest = {row.trackingId: row for row in page.bookings}
            assert {row["trackingId"]: row["amountRefunded"] for row in await home.told("booking_updated")} == {
                name: row.amountRefunded for name, row in newest.items()
            }

    run(main())


@pytest.mark.parametrize("totals", [{}, {"a": "3500"}, {"a": "3500", "b": "3200"}, {"c": "5000"}])
def test_what_a_booking_costs_is_the_same_in_any_order_of_its_payments(tmp_path: Path, totals: dict[str, str]) -> None:
    """It was what the first had brought where no total was told, or a total below one of them."""

    async def main() -> None:
        async with house(tmp_path) as home:
            for n, order in enumerate(permutations({"a": 300_000, "b": 330_000, "c": 400_000}.items())):
                for name, amount in order:
                    event = event_of("completed", f"{name}{n}")
                    thing = event["data"]["object"] | {"amount_total": amount}
                    told = {"trackingId": f"CV-{n:08d}", "userId": f"u{n}", "totalPrice": totals.get(name, "")}
                    thing["metadata"] = thing["metadata"] | told
                    await home.deliver(event | {"data": {"object": thing}})
            whole = max(400_000, *(int(total) * 100 for total in totals.values()), 0)
            rows = query(tmp_path, "SELECT DISTINCT total, paid, due, trouble FROM bookings")
            assert rows == [(whole, 1_030_000, 0, "more was paid than it costs")]

    run(main())


@pytest.mark.parametrize("first", ["completed", "refunded fully"])
def test_a_payment_that_nobody_can_place_is_refunded_all_the_same(tmp_path: Path, first: str) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            for kind in sorted(["completed", "refunded fully"], key=lambda kind: kind != first):
                event = event_of(kind, "x")
                if kind == "completed":
                    event["data"]["object"]["metadata"] = {}
                await home.deliver(event)
            [payment] = (await home.payments.list(STAFF, PaymentQuery(page=1, limit=20))).payments
            assert (payment.status, payment.amountRefunded, payment.needsLook) == ("refunded", "3000", True)
            assert await home.told("booking_updated") == []

    run(main())


def test_a_payment_that_nobody_can_place_is_refunded_also_where_its_intent_becomes_known_last(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            for kind, changes in (("completed", {"payment_intent": None}), ("refunded fully", {}), ("completed", {})):
                event = event_of(kind, "x")
                if kind == "completed":
                    event["data"]["object"] |= {"metadata": {}} | changes
                await home.deliver(event)
            assert query(tmp_path, "SELECT status, refunded FROM payments") == [("refunded", AMOUNT)]

    run(main())


@pytest.mark.parametrize("kinds", list(permutations(HAPPENED)))
def test_that_nothing_was_paid_is_looked_at_however_often_it_is_told(tmp_path: Path, kinds: tuple[str, ...]) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            for kind in kinds:
                event = event_of(kind, "x")
                event["data"]["object"] |= {"amount_total": 0, "payment_intent": None}
                await home.deliver(event)
            looks = "SELECT b.needs_look, p.needs_look FROM bookings b JOIN payments p ON b.id = p.booking_id"
            assert query(tmp_path, looks) == [("nothing was paid", "nothing was paid")]

    run(main())


def test_fifty_identical_at_once_two_hundred_times_make_two_hundred_bookings(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            for n in range(200):
                event = event_of("completed", f"u{n}")
                await asyncio.gather(*(home.deliver(event) for _ in range(50)))
            tables = ("bookings", "payments", "provider_events", "journal")
            counts = [query(tmp_path, f"SELECT count(*) FROM {table}")[0][0] for table in tables]
            assert counts == [200] * 4

    run(main())
