"""Inside a conversation, at the edge: private notes that do not leak, who is viewing, saved replies, drafts."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from carevia.api.viewers import _key
from carevia.domain.people import Person
from carevia.realtime import Socket
from carevia.realtime.testing import TestClient
from tests.aio import run
from tests.api.desk import Desk, customer, desk, known, message, staff, until


def peer_of(d: Desk, person: Person) -> TestClient:
    return TestClient(d.carevia.server, auth={"token": d.carevia.tokens.for_login(person)})


RAFIQ, MITU = Person("rafiq", "admin", None, "Rafiq Hasan"), Person("mitu", "admin", None, "Mitu Begum")
FAMILY = Person("u1", "user", None, "Nusrat Jahan")


def test_a_private_note_reaches_staff_who_have_the_conversation_open_and_never_its_customer(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            await known(d, "u1")
            secret = "hard to please"
            family, rafiq, mitu = peer_of(d, FAMILY), peer_of(d, RAFIQ), peer_of(d, MITU)
            async with family, rafiq, mitu:
                for peer in (rafiq, mitu):
                    await peer.call("join_room", "u1")
                note = message("u1", "n1", secret) | {"note": True}
                ack = (await rafiq.call("send_message", note))[0]
                assert ack["ok"]
                await until(lambda: any(event.name == "note_added" for event in mitu.events))
                (heard,) = [event.args for event in mitu.events if event.name == "note_added"]
                assert (heard[0]["text"], heard[0]["senderName"]) == (secret, "Rafiq Hasan")
                assert heard[-1] == f"{d.carevia.store.epoch}.{ack['seq']}"
                assert [event for event in rafiq.events if event.name == "note_added"] == []  # its own is acknowledged
                refused = (await family.call("send_message", note | {"id": "n2"}))[0]
                assert (refused["ok"], refused["code"]) == (False, "forbidden")
                await rafiq.call("send_message", message("u1", "a1", "Good morning."))
                await until(lambda: any(event.name == "receive_message" for event in family.events))
                assert secret not in msgspec.json.encode([event.args for event in family.events]).decode()
            history = await d.http.get("/api/chat/message?roomId=u1", headers=d.bearer("u1"))
            assert secret not in history.text
            assert secret in (await d.http.get("/api/chat/message?roomId=u1", headers=d.bearer("b", "admin"))).text

    run(work())


def test_a_private_note_over_http_is_private_too(tmp_path: Path) -> None:
    """It was taken for a message, and the customer read it."""

    async def work() -> None:
        async with desk(tmp_path) as d:
            await known(d, "u1")
            note = message("u1", "n1", "hard to please") | {"note": True}
            refused = await d.http.post("/api/chat/message", json=note, headers=d.bearer("u1"))
            assert (refused.status_code, refused.json()["message"]) == (403, "Private notes are for staff only.")
            staff = d.bearer("b", "admin")
            with_file = note | {"attachments": ["a1"]}
            assert (await d.http.post("/api/chat/message", json=with_file, headers=staff)).status_code == 400
            assert (await d.http.post("/api/chat/message", json=note, headers=staff)).status_code == 200
            texts = []
            for reader in (d.bearer("u1"), staff):
                page = (await d.http.get("/api/chat/message?roomId=u1", headers=reader)).json()["data"]
                texts.append([said["text"] for said in page])
            assert texts == [["Hello"], ["Hello", "hard to please"]]

    run(work())


def test_a_note_missed_is_replayed_to_staff_and_to_no_customer(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(staff(d, "mitu")) as other:
            await known(d, "u1")
            async with d.socket(staff(d)) as boss, d.socket(customer(d)) as family:
                await boss.ask("join_room", "u1")
                pids = [msgspec.json.decode(peer.reply[2:])["pid"] for peer in (boss, family)]
            note = message("u1", "n1", "hard to please") | {"note": True}
            assert (await other.ask("send_message", note))["ok"]
            async with d.socket(staff(d) | {"pid": pids[0]}) as again:
                assert (await again.event("note_added"))[0]["text"] == "hard to please"
            async with d.socket(customer(d) | {"pid": pids[1]}) as again:
                assert await again.silent()

    run(work())


def test_a_status_is_told_to_both_sides_once(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            await known(d, "u1")
            async with d.socket(staff(d)) as boss, d.socket(customer(d)) as family:
                await boss.ask("join_room", "u1")
                sent = await boss.ask("send_message", message("u1", "a1", "Good morning."))
                await boss.packets(1)
                await family.event("receive_message")
                for _ in range(3):
                    report = {"roomId": "u1", "delivered": sent["seq"], "seen": sent["seq"]}
                    assert (await family.ask("message_status", report))["ok"]
                wanted = {"roomId": "u1", "by": "customer", "delivered": sent["seq"], "seen": sent["seq"]}
                assert (await boss.event("message_status"))[0] == wanted
                assert (await family.event("message_status"))[0] == wanted
                assert await boss.silent()

    run(work())


def test_who_else_of_staff_views_a_conversation_is_told_by_person_and_never_to_its_customer(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            await known(d, "u1")
            rafiq, mitu, tab, family = peer_of(d, RAFIQ), peer_of(d, MITU), peer_of(d, MITU), peer_of(d, FAMILY)

            def seen(peer: TestClient) -> list[Any]:
                return [
                    sorted(who["name"] for who in event.args[0]["viewers"])
                    for event in peer.events
                    if event.name == "viewers"
                ]

            both = ["Mitu Begum", "Rafiq Hasan"]
            async with rafiq, family:
                await rafiq.call("join_room", "u1")
                async with mitu:
                    await mitu.call("join_room", "u1")
                    await until(lambda: seen(rafiq) == [both])
                    assert seen(mitu) == [both]
                    async with tab:  # the same person: nothing new for the others
                        await tab.call("join_room", "u1")
                        await until(lambda: seen(tab) == [both])
                    await mitu.call("leave_room", "u1")
                    await until(lambda: seen(rafiq) == [both, ["Rafiq Hasan"]])
                    await mitu.call("join_room", "u1")
                await until(lambda: seen(rafiq) == [both, ["Rafiq Hasan"], both, ["Rafiq Hasan"]])
                assert seen(family) == []

    run(work())


def test_who_has_gone_while_the_store_was_slow_does_not_look_on_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            await known(d, "u1")
            store_answers, join = asyncio.Event(), d.carevia.rooms.join

            async def late(socket_id: str, room: str, seq: int) -> None:
                await store_answers.wait()
                await join(socket_id, room, seq)

            monkeypatch.setattr(d.carevia.rooms, "join", late)
            async with peer_of(d, RAFIQ) as rafiq:
                rafiq.emit("join_room", "u1")
                await until(lambda: "u1/desk" in d.carevia.namespace.rooms)
                [socket] = d.carevia.namespace.sockets.values()
            socket.hurry()  # the engine waits for a handler for so long, and no longer
            store_answers.set()
            async with peer_of(d, MITU) as mitu:
                await mitu.call("join_room", "u1")
                await mitu.call("leave_room", "u1")
                assert [event.name for event in mitu.events if event.name == "viewers"] == []

    run(work())


def test_a_desk_on_polling_hears_who_left_between_two_of_its_polls(tmp_path: Path) -> None:
    """It would show for ever that somebody looks on: nothing more is told of them."""

    async def work() -> None:
        async with desk(tmp_path) as d:
            await known(d, "u1")
            async with d.socket(staff(d)) as boss:
                await boss.ask("join_room", "u1")
                async with d.socket(staff(d, "mitu", name="Mitu Begum")) as mitu:
                    await mitu.ask("join_room", "u1")
                    assert len((await boss.told("viewers"))["viewers"]) == 2
                assert len((await boss.told("viewers"))["viewers"]) == 1

    run(work())


def test_a_customer_who_goes_is_not_looked_for_in_every_open_conversation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty desks have two thousand open: a millisecond for each of the thousands whom a restart lets go."""
    looked_for: list[str] = []

    def key(socket: Socket, room: str) -> str:
        looked_for.append(socket.id)
        return _key(socket, room)

    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(staff(d)) as boss:
            async with d.socket(customer(d)) as family:
                await family.ask("send_message", message("u1"))
                assert (await boss.ask("join_room", "u1"))["ok"]
                monkeypatch.setattr("carevia.api.viewers._key", key)
            await until(lambda: d.carevia.server.client_count == 1)
            assert not looked_for

    run(work())


def test_saved_replies_are_for_staff(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            boss, family = d.bearer("boss", "admin"), d.bearer("u1")
            made = await d.http.post("/api/chat/reply", json={"shortcut": "hi", "text": "Good morning."}, headers=boss)
            reply = made.json()["data"]
            assert (await d.http.get("/api/chat/reply", headers=boss)).json()["data"] == [reply]
            taken = await d.http.post("/api/chat/reply", json={"shortcut": "hi", "text": "Other."}, headers=boss)
            assert taken.status_code == 409
            for method, path in (("GET", "reply"), ("POST", "reply"), ("POST", "reply/remove")):
                body = None if method == "GET" else {"id": reply["id"], "shortcut": "x", "text": "x"}
                answer = await d.http.request(method, f"/api/chat/{path}", json=body, headers=family)
                assert answer.status_code == 403
            gone = await d.http.post("/api/chat/reply/remove", json={"id": reply["id"]}, headers=boss)
            assert gone.status_code == 200
            assert (await d.http.get("/api/chat/reply", headers=boss)).json()["data"] == []

    run(work())


def test_a_draft_is_its_writer_s_alone(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            boss, other, family = d.bearer("boss", "admin"), d.bearer("other", "admin"), d.bearer("u1")

            async def keep(headers: dict[str, str], **draft: Any) -> int:
                return (await d.http.post("/api/chat/draft", json=draft, headers=headers)).status_code

            async def own(headers: dict[str, str]) -> Any:
                return (await d.http.get("/api/chat/draft", headers=headers)).json()["data"]

            assert await keep(boss, roomId="u1", text="Ayesha comes") == 200
            assert await keep(boss, roomId="u1", text="Call back.", note=True) == 200
            assert await keep(family, roomId="u1", text="Can she") == 200
            assert await own(family) == [{"roomId": "u1", "note": False, "text": "Can she"}]
            assert {row["text"] for row in await own(boss)} == {"Ayesha comes", "Call back."}
            assert await own(other) == []
            assert await keep(family, roomId="u2", text="x") == 404
            assert await keep(family, roomId="u1", text="x", note=True) == 403
            assert await keep({}, roomId="u1", text="x") == 401
            # A tab that has not noticed that somebody else was signed in on another one.
            assert await keep(other, roomId="u1", text="Ayesha comes at", **{"as": "boss"}) == 403
            assert (await d.http.get("/api/chat/draft?as=boss", headers=other)).status_code == 403
            assert await own(other) == []
            assert await keep(boss, roomId="u1", text="Ayesha comes at", **{"as": "boss"}) == 200
            assert (await d.http.get("/api/chat/draft?as=boss", headers=boss)).status_code == 200

    run(work())
