"""What a socket may not do: malformed payloads, unknown events, too much too quickly."""

import asyncio
from collections.abc import Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from carevia.api.limits import AddressLimits, EventBudget, PersonBudgets, TooFast
from carevia.domain.people import Person
from tests.aio import run
from tests.api.desk import customer, desk, message, staff

POLLING = "/socket.io/?EIO=4&transport=polling"


@pytest.mark.parametrize("name", ["join_room", "leave_room", "send_message", "typing"])
@pytest.mark.parametrize("given", [(), (None,), (5,), ([],), ({},), ({"id": 1, "roomId": [], "text": {}, "room": 0},)])
def test_malformed_payload_gets_the_error_never_a_closed_process(
    tmp_path: Path, name: str, given: tuple[Any, ...]
) -> None:
    """`42["typing"]` killed the JavaScript system: twelve bytes of anybody."""

    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(staff(d)) as boss:
            ack = await boss.ask(name, *given)
            assert (ack["ok"], ack["code"]) == (False, "bad_input")
            await boss.send("42" + msgspec.json.encode([name, *given]).decode())
            assert (await boss.ask("test_event"))["ok"]

    run(work())


@pytest.mark.parametrize(
    "changes", [{"text": ""}, {"text": "x" * 10_001}, {"text": "\x00"}, {"id": ""}, {"id": "x" * 201}, {"text": " "}]
)
def test_message_against_the_rules_is_refused_with_the_field(tmp_path: Path, changes: dict[str, str]) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(customer(d)) as family:
            ack = await family.ask("send_message", message("u1") | changes)
            assert ack["code"] == "bad_input"
            assert next(iter(changes)) in ack["error"]

    run(work())


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("join_room", 5, "payload (Expected text, got a whole number)"),
        ("send_message", message("u1") | {"as": 5}, "as (Expected text or nothing, got a whole number)"),
    ],
)
def test_the_refusal_says_what_is_wrong_whatever_the_field_is_called(
    tmp_path: Path, name: str, given: Any, words: str
) -> None:
    """Its name stood in the sentence by chance: "send_message w*as* sent with a *payload* we cannot read"."""

    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(staff(d)) as boss:
            assert words in (await boss.ask(name, given))["error"]

    run(work())


def test_unknown_event_is_counted_and_never_acknowledged(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(staff(d)) as boss:
            await boss.send('421["drop_tables",1]')
            assert (await boss.ask("test_event"))["ok"]
            assert d.carevia.server.engine.stats.unknown == 1
            assert "carevia_engine_unknown_total 1.0" in (await d.http.get("/metrics")).text

    run(work())


def test_handler_that_fails_is_answered_internal_and_noted_without_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def explode(*_: Any, **__: Any) -> None:
        raise RuntimeError("somebody@example.com")

    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(customer(d)) as family:
            monkeypatch.setattr(d.carevia.talk.chat, "send", explode)
            ack = await family.ask("send_message", message("u1"))
            assert (ack["ok"], ack["code"]) == (False, "internal")
            assert "RuntimeError" in d.output.getvalue()
            assert "somebody" not in d.output.getvalue()

    run(work())


def test_test_event_is_answered_with_a_nameless_event_without_sign_in(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d, d.socket() as guest:
            for number in (1, 2):
                await guest.send('42["test_event"]')
                (payload,) = await guest.event("test_event")
                assert payload["n"] == number
                assert set(payload) == {"n", "time"}

    run(work())


def test_over_the_rate_every_event_is_told_so_and_none_is_lost_silently(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, LIMIT_EVENTS_PER_SECOND="5") as d, d.socket(staff(d)) as boss:
            await boss.send("\x1e".join(f'42{number}["new_booking"]' for number in range(15)))
            packets = await boss.packets(15)
            acks = [msgspec.json.decode(packet[packet.index("[") :])[0] for packet in packets]
            assert [ack["code"] for ack in acks] == ["forbidden"] * 10 + ["rate_limited"] * 5
            assert 0 < acks[-1]["retryAfter"] <= 0.2
            await asyncio.sleep(0.25)
            assert (await boss.ask("test_event"))["ok"]

    run(work())


def test_who_only_leaves_and_comes_again_on_the_same_connection_is_limited_too(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, LIMIT_EVENTS_PER_SECOND="1", GUEST_SOCKETS="on") as d, d.socket() as guest:
            for _ in range(2):
                await guest.send("41\x1e40")
                assert (await guest.packets(1))[0].startswith("40")
            await guest.send("41\x1e40")
            await d.http.get(guest.query)  # the end, however it is told
            assert (await d.http.get(guest.query)).status_code == 400
            assert d.carevia.server.engine.stats.ended == {"too many events": 1}

    run(work())


@pytest.mark.parametrize("auth", [None, {"token": "nobody knows it"}])
def test_who_is_refused_over_and_over_on_one_connection_is_limited_too(
    tmp_path: Path, auth: dict[str, Any] | None
) -> None:
    """65,000 CONNECTs in six seconds were answered, for 3.3 s of the server's time, and it went on."""
    again = "40" + (msgspec.json.encode(auth).decode() if auth else "")

    async def work() -> None:
        async with desk(tmp_path, LIMIT_EVENTS_PER_SECOND="1", GUEST_SOCKETS="off") as d, d.socket(auth) as stranger:
            assert stranger.refusal
            for _ in range(2):
                await stranger.send(again)
                assert (await stranger.packets(1))[0].startswith("44")
            await stranger.send(again)
            await d.http.get(stranger.query)  # the end, however it is told
            assert (await d.http.get(stranger.query)).status_code == 400
            assert d.carevia.server.engine.stats.ended == {"too many events": 1}

    run(work())


def test_who_leaves_and_connects_anew_on_the_same_connection_has_no_more_events_for_it(tmp_path: Path) -> None:
    """Each CONNECT brought a budget of its own: 920 events a second where 20 are allowed."""

    async def work() -> None:
        async with desk(tmp_path, LIMIT_EVENTS_PER_SECOND="1", GUEST_SOCKETS="on") as d, d.socket() as guest:
            assert (await guest.ask("new_booking"))["code"] == "forbidden"
            await guest.send("41\x1e40")
            assert (await guest.packets(1))[0].startswith("40")
            assert (await guest.ask("new_booking"))["code"] == "rate_limited"
            await guest.send("41\x1e40")
            await d.http.get(guest.query)  # the end, however it is told
            assert (await d.http.get(guest.query)).status_code == 400

    run(work())


def test_a_flood_of_unknown_events_ends_the_connection_as_any_other_does(tmp_path: Path) -> None:
    """2.3 million of them came in five seconds, for 4.5 s of the server's time, and went on."""

    async def work() -> None:
        async with desk(tmp_path, LIMIT_EVENTS_PER_SECOND="1", GUEST_SOCKETS="on") as d, d.socket() as guest:
            await guest.send("\x1e".join(['42["drop_tables"]'] * 49))
            assert (await guest.ask("new_booking"))["code"] == "rate_limited"
            await d.http.post(guest.query, content='42["drop_tables"]')
            assert d.carevia.server.engine.stats.ended == {"too many events": 1}

    run(work())


def test_event_budget_at_its_limits() -> None:
    budget = EventBudget(20, 0.0)
    for _ in range(40):
        budget.spend(20, 0.0)
    with pytest.raises(TooFast) as refused:
        budget.spend(20, 0.0)
    assert refused.value.wait == 0.05
    budget.spend(20, 0.05)
    with pytest.raises(TooFast):
        budget.spend(20, 0.05)
    for _ in range(1000):
        EventBudget(0, 0.0).spend(0, 0.0)


def test_a_customer_s_changes_over_http_are_counted_apart_from_everybody_else_s() -> None:
    clock = [0.0]
    budgets = PersonBudgets(20, 5, lambda: clock[0])
    first, second, boss = Person("u1", "user"), Person("u2", "user"), Person("s1", "admin")
    for person in (first, second):
        for _ in range(200):
            budgets.spend(person)
        with pytest.raises(TooFast) as refused:
            budgets.spend(person)
        assert refused.value.retry_after == 1
    clock[0] = 1.0
    for _ in range(100):
        budgets.spend(first)
    with pytest.raises(TooFast):
        budgets.spend(first)
    for number in range(100_000):
        clock[0] += 0.001
        budgets.spend(Person(f"stranger-{number}", "user"))
    assert len(budgets._budgets) < 4_100
    for step in (5.0, 1.999, 0.002):
        clock[0] += step
        budgets.spend(Person(f"newcomer after {step}", "user"))
        for _ in range(200 if step == 1.999 else 0):
            budgets.spend(second)
    assert len(budgets._budgets) < 5
    with pytest.raises(TooFast):
        budgets.spend(second)
    for _ in range(1000):
        budgets.spend(boss)
        for off in (PersonBudgets(0, 5, lambda: 0.0), PersonBudgets(20, 0, lambda: 0.0)):
            off.spend(first)


def test_after_a_silence_too_a_socket_may_say_two_seconds_worth_at_once() -> None:
    budget = EventBudget(20, 0.0)
    for _ in range(40):
        budget.spend(20, 1.5)
    with pytest.raises(TooFast):
        budget.spend(20, 1.5)


def test_socket_is_closed_only_at_ten_times_the_rate_for_five_seconds() -> None:
    budget = EventBudget(20, 0.0)

    def floods(times: Iterable[float]) -> bool:
        flooded = False
        for now in times:
            try:
                budget.spend(20, now)
            except TooFast as refused:
                flooded = flooded or refused.floods
        return flooded

    assert not floods(number / 199 for number in range(995))
    assert floods(10 + number / 300 for number in range(1500))


def test_addresses_are_limited_by_handshakes_and_strangers_and_proof_gives_back() -> None:
    limits = AddressLimits(2, 3)
    assert [limits.refuses("a", 0.0) for _ in range(3)] == [False, False, True]
    assert not limits.refuses("b", 0.0)
    assert not limits.refuses("a", 1.0)
    limits.proved("a")
    assert [limits.refuses("a", 1.1) for _ in range(3)] == [False, False, True]
    for _ in range(3):
        limits.stranger_came("c")
    assert limits.refuses("c", 5.0)
    limits.stranger_went("c")
    assert not limits.refuses("c", 5.0)
    off = AddressLimits(0, 0)
    assert not any(off.refuses("a", 0.0) for _ in range(1000))


def test_handshakes_over_the_limit_are_429_with_retry_after(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, LIMIT_HANDSHAKES_PER_SECOND="2") as d:
            answers = [await d.http.get(POLLING) for _ in range(3)]
            assert [answer.status_code for answer in answers] == [200, 200, 429]
            assert answers[2].headers["retry-after"] == "1"

    run(work())


def test_who_signs_in_uses_up_no_handshake_of_the_address(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, LIMIT_HANDSHAKES_PER_SECOND="2") as d, AsyncExitStack() as stack:
            for number in range(5):
                await stack.enter_async_context(d.socket(customer(d, f"u{number}")))

    run(work())


def test_a_full_server_says_so_and_takes_the_next_client_when_one_has_gone(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, LIMIT_CONNECTIONS="2") as d:
            answers = [await d.http.get(POLLING) for _ in range(3)]
            assert [answer.status_code for answer in answers] == [200, 200, 503]
            assert answers[2].headers["retry-after"] == "2"
            next(iter(d.carevia.server.engine.sessions.values())).close("gone")
            assert (await d.http.get(POLLING)).status_code == 200

    run(work())


@pytest.mark.parametrize("says", [None, "40", '40{"token":"nobody knows it"}'])
@pytest.mark.parametrize("guests", ["on", "off"])
def test_an_address_may_have_so_many_strangers_whether_they_say_nothing_are_guests_or_were_refused(
    tmp_path: Path, guests: str, says: str | None
) -> None:
    """Counted from the handshake on: 2,000 that nobody follows up would all be let in before the first is a guest."""

    async def work() -> None:
        async with desk(tmp_path, LIMIT_CONNECTIONS_PER_ADDRESS="2", GUEST_SOCKETS=guests) as d:
            answers = await asyncio.gather(*[d.http.get(POLLING) for _ in range(3)])
            assert [answer.status_code for answer in answers] == [200, 200, 429]
            assert answers[2].headers["retry-after"] == "1"
            polls = [f"{POLLING}&sid={msgspec.json.decode(answer.text[1:])['sid']}" for answer in answers[:2]]
            if says is not None:
                for poll in polls:
                    await d.http.post(poll, content=says)
                    assert (await d.http.get(poll)).text[:2] == ("40" if says == "40" and guests == "on" else "44")
            assert (await d.http.get(POLLING)).status_code == 429
            await d.http.post(polls[0], content="1")
            assert (await d.http.get(POLLING)).status_code == 200

    run(work())


def test_who_signs_in_is_no_stranger_and_any_number_may_come_from_one_address(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, LIMIT_CONNECTIONS_PER_ADDRESS="1") as d, AsyncExitStack() as stack:
            for number in range(5):
                await stack.enter_async_context(d.socket(customer(d, f"u{number}")))
            async with d.socket():
                assert (await d.http.get(POLLING)).status_code == 429
            assert (await d.http.get(POLLING)).status_code == 200

    run(work())
