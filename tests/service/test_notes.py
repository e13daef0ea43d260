"""Private notes: for staff, in the conversation's order, and nowhere a customer could meet one."""

from pathlib import Path

import msgspec
import pytest

from carevia.domain.people import Person
from carevia.errors import BadInput, Forbidden, NotFound
from tests.aio import run
from tests.service.house import STAFF, house

CUSTOMER = Person("u1", "user", "u1@carevia.example", "Nusrat Jahan")


def test_a_note_is_told_to_the_staff_side_of_the_journal_only(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await home.chat.send(CUSTOMER, "u1", "m1", "hello")
            note = await home.chat.note(STAFF, "u1", "n1", "She has called before.")
            rows = [row for row in await home.store.events_after(0, None, 100) if b"called before" in row.payload]
            assert [(row.room, row.name, row.seq) for row in rows] == [("u1/desk", "note_added", note.seq)]
            payload = msgspec.json.decode(rows[0].payload)
            assert (payload["senderName"], payload["roomId"]) == ("Sumaiya Islam", "u1")
            again = await home.chat.note(STAFF, "u1", "n1", "She has called before.")
            assert again == note

    run(main())


def test_notes_stand_among_the_messages_for_staff_and_a_customer_has_none(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            for n in range(6):
                if n % 2:
                    await home.chat.note(STAFF, "u1", f"n{n}", f"note {n}")
                else:
                    await home.chat.send(CUSTOMER, "u1", f"m{n}", f"message {n}")
            staff: list[str] = []
            cursor = None
            while True:
                page, more = await home.chat.history(STAFF, "u1", cursor, 2)
                staff = [message.text for message in page] + staff
                cursor = page[0].seq
                if not more:
                    break
            page, more = await home.chat.history(CUSTOMER, "u1", None, 3)
            customer = [message.text for message in page]
            assert staff == ["message 0", "note 1", "message 2", "note 3", "message 4", "note 5"]
            assert customer == ["message 0", "message 2", "message 4"]
            assert not more
            assert all(message.note is not True for message in page)

    run(main())


def test_a_customer_writes_no_notes_and_a_note_needs_a_conversation(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await home.chat.send(CUSTOMER, "u1", "m1", "hello")
            before = await home.store.bounds()
            with pytest.raises(Forbidden):
                await home.chat.note(CUSTOMER, "u1", "n1", "mine")
            with pytest.raises(NotFound):
                await home.chat.note(STAFF, "nobody", "n1", "whose?")
            with pytest.raises(BadInput):
                await home.chat.note(STAFF, "u1", "n1", " ")
            assert await home.store.bounds() == before

    run(main())
