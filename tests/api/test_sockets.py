"""Sockets: who may connect, rooms, the events of the table, and that every event answers."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete

from carevia.api.simulator import paid_event
from carevia.domain.events import CLIENT_EVENTS
from carevia.errors import Unavailable
from carevia.store.tables import sessions
from tests.aio import run
from tests.api.desk import BRIEF, ORIGIN, customer, desk, message, now, polling, staff, until

# --- rooms and what reaches whom ---


def test_paid_booking_reaches_every_staff_socket_never_a_customer_or_a_guest(tmp_path: Path) -> None:
    async def work() -> None:
        async with (
            desk(tmp_path) as d,
            d.socket(staff(d)) as one,
            d.socket(staff(d, "other")) as two,
            d.socket(customer(d)) as family,
            d.socket() as guest,
        ):
            event = paid_event(now())
            event["data"]["object"]["metadata"]["userId"] = "u1"
            await d.pay(event)
            for peer in (one, two):
                payload, offset = await peer.event("customer_added")
                assert payload["userId"] == "u1"
                assert offset == f"{d.carevia.store.epoch}.1"
            assert await family.silent()
            assert await guest.silent()

    run(work())


def test_customer_is_in_their_own_room_on_every_tab_and_staff_where_they_joined(tmp_path: Path) -> None:
    async def work() -> None:
        async with (
            desk(tmp_path) as d,
            d.socket(customer(d)) as tab,
            d.socket(customer(d)) as other_tab,
            d.socket(staff(d)) as boss,
        ):
            assert await boss.ask("join_room", "u1") == {"ok": True}
            ack = await tab.ask("send_message", message("u1"))
            assert ack["ok"] is True
            assert set(ack) == {"ok", "id", "seq", "time"}
            for peer in (other_tab, boss):
                payload = (await peer.event("receive_message"))[0]
                assert {name: payload[name] for name in ("id", "roomId", "senderId", "text", "status", "time")} == {
                    "id": "1-a",
                    "roomId": "u1",
                    "senderId": "u1",
                    "text": "Hello",
                    "status": "sent",
                    "time": ack["time"],
                }
            assert await tab.silent()

    run(work())


def test_customers_see_carevia_support_and_staff_the_true_name(tmp_path: Path) -> None:
    async def work() -> None:
        async with (
            desk(tmp_path) as d,
            d.socket(customer(d)) as family,
            d.socket(staff(d)) as boss,
            d.socket(staff(d, "colleague", name="Mitu Begum")) as colleague,
        ):
            for peer in (boss, colleague):
                assert (await peer.ask("join_room", "u1"))["ok"]
            about = {"room": "u1", "userId": "boss"}
            named = {family: "Carevia Support", colleague: "Rafiq Hasan"}
            async with polling({peer: ("user_typing", [name, about]) for peer, name in named.items()}):
                assert await boss.ask("typing", {"userName": "ignored", "room": "u1"}) == {"ok": True}
            await boss.ask("send_message", message("u1"))
            assert (await family.event("receive_message"))[0]["senderName"] == "Carevia Support"
            assert (await colleague.event("receive_message"))[0]["senderName"] == "Rafiq Hasan"

    run(work())


def test_typing_of_a_customer_reaches_staff_in_the_conversation_and_the_other_tab_not_the_typist(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        async with (
            desk(tmp_path) as d,
            d.socket(customer(d, name="Nusrat Jahan")) as tab,
            d.socket(customer(d, name="Nusrat Jahan")) as other_tab,
            d.socket(staff(d)) as boss,
            d.socket(staff(d, "elsewhere")) as elsewhere,
        ):
            await boss.ask("join_room", "u1")
            expected = ("user_typing", ["Nusrat Jahan", {"room": "u1", "userId": "u1"}])
            async with polling({boss: expected, other_tab: expected}):
                assert await tab.ask("typing", {"room": "u1"}) == {"ok": True}
            assert await tab.silent()
            assert await elsewhere.silent()

    run(work())


def test_left_room_is_left_but_a_customer_stays_in_their_own(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(customer(d)) as family, d.socket(staff(d)) as boss:
            await boss.ask("join_room", "u1")
            assert await boss.ask("leave_room", "u1") == {"ok": True}
            assert await family.ask("leave_room", "u1") == {"ok": True}
            assert (await boss.ask("typing", {"room": "u1"}))["code"] == "not_found"
            await boss.ask("send_message", message("u1"))
            assert (await family.event("receive_message"))[0]["text"] == "Hello"

    run(work())


def test_leaving_that_could_not_be_stored_is_done_when_it_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else who comes back is in a conversation that they have left, and colleagues see them there."""

    async def full(_: Any) -> None:
        raise Unavailable("The disk is full.")

    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(customer(d)), d.socket(staff(d)) as boss:
            await boss.ask("join_room", "u1")
            with monkeypatch.context() as patched:
                patched.setattr(d.carevia.store, "write", full)
                assert (await boss.ask("leave_room", "u1"))["code"] == "unavailable"
            assert [joined.room for joined in await d.carevia.rooms.still_open(boss.id)] == ["u1"]
            assert await boss.ask("leave_room", "u1") == {"ok": True}
            assert await d.carevia.rooms.still_open(boss.id) == []

    run(work())


def test_same_message_id_again_gives_the_same_answer_and_no_second_message(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(customer(d)) as tab, d.socket(customer(d)) as other_tab:
            first = await tab.ask("send_message", message("u1"))
            assert await tab.ask("send_message", message("u1")) == first
            await other_tab.event("receive_message")
            assert await other_tab.silent()

    run(work())


def test_conversation_updated_reaches_the_desk_for_conversations_nobody_has_open(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(staff(d)) as boss, d.socket(customer(d)) as family:
            await family.ask("send_message", message("u1"))
            payload = (await boss.event("conversation_updated"))[0]
            assert (payload["roomId"], payload["unread"]) == ("u1", 1)
            await boss.ask("join_room", "u1")  # says nothing of reading: a hidden tab does it after each reconnect
            await boss.ask("mark_read", {"roomId": "u1", "seq": payload["seq"] - 1})
            await boss.ask("mark_read", {"roomId": "u1", "seq": payload["seq"]})
            read = (await boss.event("conversation_updated"))[0]
            assert (read["unread"], read["read"], read["waiting"]) == (0, True, payload["seq"])

    run(work())


def test_a_notice_that_one_has_dismissed_goes_from_the_other_desks_and_from_nobody_elses(tmp_path: Path) -> None:
    async def work() -> None:
        async with (
            desk(tmp_path) as d,
            d.socket(staff(d)) as boss,
            d.socket(staff(d)) as other,
            d.socket(customer(d)) as family,
        ):
            assert (await boss.ask("noticed", {"trackingIds": ["CV-1", "CV-2"]}))["ok"]
            assert await other.event("noticed") == [{"trackingIds": ["CV-1", "CV-2"]}]
            assert await family.silent()
            for bad in ({}, {"trackingIds": [1]}, {"trackingIds": ["x"] * 201}):
                assert (await boss.ask("noticed", bad))["code"] == "bad_input"

    run(work())


def test_recovered_staff_socket_finds_its_conversations_again_without_joining(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(customer(d)) as family:
            async with d.socket(staff(d)) as boss:
                await boss.ask("join_room", "u1")
                pid, sid = msgspec.json.decode(boss.reply[2:])["pid"], boss.id
            await family.ask("send_message", message("u1", "1-b", "while away"))
            async with d.socket(staff(d) | {"pid": pid}) as again:
                assert again.id == sid
                seen = [msgspec.json.decode(packet[2:]) for packet in await again.packets(2)]
                assert {found[0] for found in seen} == {"receive_message", "conversation_updated"}
                async with polling({again: ("user_typing", ["Customer", {"room": "u1", "userId": "u1"}])}):
                    await family.ask("typing", {"room": "u1"})

    run(work())


def test_conversation_joined_again_by_a_socket_that_has_gone_meanwhile_owes_what_it_owed(tmp_path: Path) -> None:
    """As pages do at each connect, on a connection that is cut at once."""

    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(customer(d)) as family:
            async with d.socket(staff(d)) as boss:
                await boss.ask("join_room", "u1")
                pid = msgspec.json.decode(boss.reply[2:])["pid"]
                await family.ask("send_message", message("u1", "1-b", "never arrives"))
                await boss.send('42["join_room","u1"]\x1e1')
            await until(lambda: not d.carevia.server.tasks)
            async with d.socket(staff(d) | {"pid": pid}) as again:
                seen = [msgspec.json.decode(packet[2:]) for packet in await again.packets(2)]
                assert {found[0] for found in seen} == {"receive_message", "conversation_updated"}

    run(work())


def test_least_recently_joined_conversation_is_left_past_the_limit_never_the_desk(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, LIMIT_ROOMS_PER_SOCKET="2", LIMIT_EVENTS_PER_SECOND="0") as d:
            for number in range(3):
                async with d.socket(customer(d, f"u{number}")):
                    pass
            async with d.socket(staff(d)) as boss:
                for number in (0, 1, 0, 2):
                    assert (await boss.ask("join_room", f"u{number}"))["ok"]
                assert set(d.carevia.namespace.sockets[boss.id].rooms) == {"desk", "u0/desk", "u2/desk"}
                assert [room for room, _ in await d.carevia.rooms.still_open(boss.id)] == ["u0", "u2"]
                assert d.carevia.server.engine.stats.limits == {"rooms": 1}

    run(work())


# --- the matrix ---

VALID: dict[str, Any] = {
    "join_room": lambda room: room,
    "leave_room": lambda room: room,
    "send_message": message,
    "message_status": lambda room: {"roomId": room, "delivered": 0, "seen": 0},
    "typing": lambda room: {"room": room},
    "mark_read": lambda room: {"roomId": room, "seq": 1},
    "shown": lambda room: {"seq": 0},
    "noticed": lambda room: {"trackingIds": ["CV-1"]},
    "renew": lambda room: {"token": "nobody's"},
    "presence": lambda room: {"state": "away"},
    "new_booking": lambda room: {"userId": room},
    "test_event": lambda room: None,
}
# event -> (guest, customer in their own room, customer in another's, staff): what is answered
EXPECTED = {
    "join_room": ("unauthorized", "ok", "forbidden", "ok"),
    "send_message": ("unauthorized", "ok", "not_found", "ok"),
    "message_status": ("unauthorized", "ok", "not_found", "ok"),
    "typing": ("unauthorized", "ok", "not_found", "ok"),
    "leave_room": ("unauthorized", "ok", "ok", "ok"),
    "mark_read": ("unauthorized", "forbidden", "forbidden", "ok"),
    "shown": ("unauthorized", "forbidden", "forbidden", "ok"),
    "noticed": ("unauthorized", "forbidden", "forbidden", "ok"),
    "renew": ("unauthorized", "unauthorized", "unauthorized", "unauthorized"),
    "presence": ("unauthorized", "ok", "ok", "ok"),
    "new_booking": ("forbidden", "forbidden", "forbidden", "forbidden"),
    "test_event": ("ok", "ok", "ok", "ok"),
}


def test_matrix_of_role_event_and_own_or_other_room(tmp_path: Path) -> None:
    async def work() -> None:
        async with (
            desk(tmp_path, LIMIT_EVENTS_PER_SECOND="0") as d,
            d.socket(customer(d, "u2")) as other,
            d.socket() as guest,
            d.socket(customer(d)) as family,
            d.socket(staff(d)) as boss,
        ):
            assert set(EXPECTED) == set(CLIENT_EVENTS)
            for name, expected in EXPECTED.items():
                asked = [(guest, "u1"), (family, "u1"), (family, "u2"), (boss, "u1")]
                for (peer, room), wanted in zip(asked, expected, strict=True):
                    ack = await peer.ask(name, VALID[name](room))
                    assert ("ok" if ack["ok"] else ack["code"]) == wanted, (name, room)
                    if not ack["ok"]:
                        assert set(ack) == {"ok", "error", "code"}
                        assert ack["error"].endswith((".", "first", "not valid"))
            assert await other.silent(), "something of u1 reached u2"

    run(work())


def test_staff_may_join_only_rooms_of_existing_users(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(staff(d)) as boss:
            for room in ("nobody", "", "desk", "boss/desk", boss.id, "x" * 500):
                assert (await boss.ask("join_room", room))["code"] == "not_found"

    run(work())


# --- going ---


def test_oldest_tab_past_the_limit_gets_a_disconnect_and_others_are_unaffected(tmp_path: Path) -> None:
    async def work() -> None:
        async with (
            desk(tmp_path, LIMIT_TABS_PER_USER="2") as d,
            d.socket(customer(d)) as first,
            d.socket(customer(d)) as second,
            d.socket(customer(d, "u2")) as other,
            d.socket(customer(d)) as third,
        ):
            assert (await first.packets(1))[0] == "41"
            for peer in (second, third, other):
                assert (await peer.ask("test_event"))["ok"]

    run(work())


def test_logout_tells_the_sockets_of_that_session_and_no_others(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            mine, other = await d.signed_in(), await d.signed_in("b@example.com")
            async with d.socket(cookie=mine["cookie"]) as gone, d.socket(cookie=other["cookie"]) as stays:
                await d.http.post("/api/logout", headers=mine | {"origin": ORIGIN}, json={})
                assert (await gone.packets(1, 1))[0] == "41"
                assert (await stays.ask("test_event"))["ok"]

    run(work())


def test_sockets_whose_credential_has_ended_are_closed_so_that_the_page_learns_why(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            cookie = await d.signed_in()
            async with d.socket(cookie=cookie["cookie"]) as by_cookie, d.socket(customer(d, seconds=BRIEF)) as by_token:
                await d.carevia.store.write(lambda tx: tx.run(delete(sessions)))
                await asyncio.sleep(BRIEF + 0.05)
                await d.carevia.pulse.judge(seen=True)
                assert await by_cookie.ended()
                assert await by_token.ended()

    run(work())


def test_f8_a_clock_that_leaps_ends_no_token_early_and_one_that_steps_back_none_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = 0
    monkeypatch.setattr("carevia.app.now", lambda: now() + ahead)

    async def work() -> None:
        nonlocal ahead
        async with (
            desk(tmp_path) as d,
            d.socket(customer(d, seconds=300)) as stays,
            d.socket(customer(d, "u2", seconds=BRIEF)) as ends,
        ):
            ahead = 600_000
            await d.carevia.pulse.judge(seen=True)
            assert (await stays.ask("test_event"))["ok"]
            ahead = -600_000
            await asyncio.sleep(BRIEF + 0.05)
            await d.carevia.pulse.judge(seen=True)
            assert (await stays.ask("test_event"))["ok"]
            assert await ends.ended()

    run(work())


def test_open_desk_is_not_idle(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            cookie = await d.signed_in()
            async with d.socket(cookie=cookie["cookie"]) as peer:
                await d.carevia.pulse.judge(seen=True)
                assert (await peer.ask("test_event"))["ok"]

    run(work())
