"""Chat: a message is stored once, shown in order, counted for the desk, and never by or to the wrong people."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from carevia.domain.people import Person
from carevia.errors import BadInput, NotFound
from carevia.service.chat import SentMessage
from carevia.store.journal import JournalRow
from tests.aio import run
from tests.service.house import NOW, STAFF, House, house
from tests.store.opened import query

CUSTOMER = Person("u1", "user", "u1@carevia.example", "Nusrat Jahan")


async def journal(home: House, *rooms: str) -> list[tuple[str, str, dict[str, object], JournalRow]]:
    rows = await home.store.events_after(0, rooms or None, 1000)
    return [(row.room, row.name, msgspec.json.decode(row.payload), row) for row in rows]


def test_a_message_is_stored_and_told_to_the_room_and_to_the_desk(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            sent = await home.chat.send(CUSTOMER, "u1", "m1", "আমি কখন আসব?", "socket1")
            assert sent == SentMessage("m1", 1, "2026-11-23T04:30:15.000Z")
            [(room, name, message, row), (desk, told, conversation, _)] = await journal(home)
            assert (room, name, row.seq, row.sender) == ("u1", "receive_message", sent.seq, "socket1")
            assert message == {
                "id": "m1",
                "roomId": "u1",
                "senderId": "u1",
                "senderName": "Nusrat Jahan",
                "text": "আমি কখন আসব?",
                "time": sent.time,
                "status": "sent",
            }
            assert (desk, told) == ("desk", "conversation_updated")
            assert (conversation["roomId"], conversation["seq"], conversation["unread"]) == ("u1", 1, 1)
            assert conversation["userName"] == "Nusrat Jahan"

    run(main())


def test_twenty_sendings_of_one_id_at_once_are_one_message(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            answers = await asyncio.gather(*(home.chat.send(CUSTOMER, "u1", "m1", f"text {n}") for n in range(20)))
            assert len(set(answers)) == 1
            assert query(tmp_path, "SELECT count(*) FROM messages") == [(1,)]
            assert len(await journal(home)) == 2
            home.time += 5000
            again = await home.chat.send(CUSTOMER, "u1", "m1", "another text")
            assert (again.seq, again.time) == (answers[0].seq, answers[0].time)
            assert query(tmp_path, "SELECT text FROM messages") == [("text 0",)]

    run(main())


def test_an_id_is_unique_per_sender_only(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await home.chat.send(CUSTOMER, "u1", "m1", "mine")
            await home.chat.send(STAFF, "u1", "m1", "ours")
            messages, _ = await home.chat.history(STAFF, "u1")
            assert [message.text for message in messages] == ["mine", "ours"]

    run(main())


def test_an_id_used_in_another_conversation_is_refused(tmp_path: Path) -> None:
    """The answer was that of the other message: what was written here was lost, and called sent."""

    async def main() -> None:
        async with house(tmp_path) as home:
            for person in (CUSTOMER, Person("u2", "user")):
                await home.chat.send(person, person.id, "q1", "hello")
            for note in (False, True):
                first = await home.chat.send(STAFF, "u1", "m1", "to u1", note=note)
                with pytest.raises(BadInput, match="another conversation"):
                    await home.chat.send(STAFF, "u2", "m1", "to u2", note=note)
                assert (await home.chat.send(STAFF, "u1", "m1", "to u1", note=note)).seq == first.seq
            messages, _ = await home.chat.history(STAFF, "u2")
            assert [message.text for message in messages] == ["hello"]

    run(main())


def test_history_is_oldest_first_and_pages_backwards(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            for n in range(7):
                await home.chat.send(CUSTOMER, "u1", f"m{n}", str(n))
            newest, more = await home.chat.history(CUSTOMER, "u1", limit=3)
            assert ([message.text for message in newest], more) == (["4", "5", "6"], True)
            older, more = await home.chat.history(CUSTOMER, "u1", before=newest[0].seq, limit=3)
            assert ([message.text for message in older], more) == (["1", "2", "3"], True)
            oldest, more = await home.chat.history(CUSTOMER, "u1", before=older[0].seq, limit=3)
            assert ([message.text for message in oldest], more) == (["0"], False)
            everything, more = await home.chat.history(CUSTOMER, "u1")
            assert (len(everything), more) == (7, False)

    run(main())


def test_customers_never_see_a_staff_name(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await home.chat.send(CUSTOMER, "u1", "m1", "hello")
            await home.chat.send(STAFF, "u1", "m2", "hello too")
            theirs, _ = await home.chat.history(CUSTOMER, "u1")
            assert [message.senderName for message in theirs] == ["Nusrat Jahan", "Carevia Support"]
            ours, _ = await home.chat.history(STAFF, "u1")
            assert [message.senderName for message in ours] == ["Nusrat Jahan", "Sumaiya Islam"]

    run(main())


def test_only_the_customer_and_staff_have_a_conversation(tmp_path: Path) -> None:
    stranger = Person("u2", "user")

    async def main() -> None:
        async with house(tmp_path) as home:
            await home.chat.send(CUSTOMER, "u1", "m1", "hello")
            for attempt in (
                home.chat.send(stranger, "u1", "x", "let me in"),
                home.chat.history(stranger, "u1"),
                home.chat.may_open(stranger, "u1"),
                home.chat.may_open(STAFF, "nobody"),
                home.chat.send(STAFF, "nobody", "x", "anybody?"),
                home.chat.history(STAFF, "nobody"),
            ):
                with pytest.raises(NotFound):
                    await attempt
            await home.chat.may_open(CUSTOMER, "u1")
            await home.chat.may_open(STAFF, "u1")
            assert len(await journal(home)) == 2

    run(main())


def test_a_customer_new_to_us_can_write_and_is_known_from_then_on(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await home.chat.send(CUSTOMER, "u1", "m1", "hello")
            await home.chat.may_open(STAFF, "u1")
            assert query(tmp_path, "SELECT name, email, role FROM users") == [
                ("Nusrat Jahan", "u1@carevia.example", "user")
            ]

    run(main())


def test_unread_counts_customers_messages_until_staff_answer_or_read(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            for n in range(3):
                await home.chat.send(CUSTOMER, "u1", f"m{n}", "hello?")
            await home.conversations.mark_read("u1", 1_000_000)
            await home.conversations.mark_read("u1", 1_000_000)  # nothing new: nothing told
            await home.chat.send(CUSTOMER, "u1", "m9", "still there?")
            await home.chat.send(STAFF, "u1", "a1", "yes")
            unread = [payload["unread"] for _, name, payload, _ in await journal(home, "desk")]
            assert unread == [1, 2, 3, 0, 1, 0]

    run(main())


def test_bad_messages_store_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            for id_, text in (("", "x"), ("m", ""), ("m", "x" * 10_001), ("m", "\ud800"), ("i" * 201, "x")):
                with pytest.raises(BadInput):
                    await home.chat.send(CUSTOMER, "u1", id_, text)
            assert await journal(home) == []
            assert home.time == NOW

    run(main())
