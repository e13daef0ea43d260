"""Sent, delivered, seen: true, cumulative, and journaled once per change."""

from pathlib import Path

import msgspec
import pytest

from carevia.domain.people import Person
from carevia.errors import NotFound
from tests.aio import run
from tests.service.house import STAFF, House, house

CUSTOMER = Person("u1", "user", "u1@carevia.example", "Nusrat Jahan")


async def told(home: House) -> list[tuple[str, int, int]]:
    rows = await home.store.events_after(0, ["u1"], 1000)
    found = [msgspec.json.decode(row.payload) for row in rows if row.name == "message_status"]
    return [(one["by"], one["delivered"], one["seen"]) for one in found]


async def statuses(home: House) -> list[str]:
    page, _ = await home.chat.history(STAFF, "u1")
    return [message.status for message in page]


def test_a_message_is_sent_then_delivered_then_seen_by_the_other_side_only(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            first = await home.chat.send(CUSTOMER, "u1", "m1", "hello")
            answer = await home.chat.send(STAFF, "u1", "a1", "yes?")
            assert await statuses(home) == ["sent", "sent"]
            await home.statuses.confirm(CUSTOMER, "u1", answer.seq, 0)
            assert await statuses(home) == ["sent", "delivered"]
            await home.statuses.confirm(STAFF, "u1", first.seq, first.seq)
            await home.statuses.confirm(CUSTOMER, "u1", answer.seq, answer.seq)
            assert await statuses(home) == ["seen", "seen"]
            assert await told(home) == [
                ("customer", answer.seq, 0),
                ("staff", first.seq, first.seq),
                ("customer", answer.seq, answer.seq),
            ]

    run(main())


def test_fifty_messages_read_at_once_are_one_event(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            for n in range(50):
                last = await home.chat.send(CUSTOMER, "u1", f"m{n}", "hello")
            await home.statuses.confirm(STAFF, "u1", last.seq, last.seq)
            assert await told(home) == [("staff", last.seq, last.seq)]
            assert set(await statuses(home)) == {"seen"}

    run(main())


def test_what_says_nothing_new_is_not_told_and_nothing_is_taken_back(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            first = await home.chat.send(CUSTOMER, "u1", "m1", "hello")
            second = await home.chat.send(CUSTOMER, "u1", "m2", "hello?")
            await home.statuses.confirm(STAFF, "u1", second.seq, second.seq)
            for delivered, seen in ((second.seq, second.seq), (first.seq, 0), (0, 0), (2**50, 2**50)):
                await home.statuses.confirm(STAFF, "u1", delivered, seen)
                await home.statuses.confirm(CUSTOMER, "u1", delivered, seen)  # there is nothing of staff to confirm
            assert await told(home) == [("staff", second.seq, second.seq)]

    run(main())


def test_nothing_ahead_of_what_was_said_is_believed(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            first = await home.chat.send(CUSTOMER, "u1", "m1", "hello")
            await home.statuses.confirm(STAFF, "u1", 2**50, 2**50)
            await home.chat.send(CUSTOMER, "u1", "m2", "are you there?")
            assert await statuses(home) == ["seen", "sent"]
            assert await told(home) == [("staff", first.seq, first.seq)]

    run(main())


def test_nobody_confirms_anothers_conversation(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await home.chat.send(CUSTOMER, "u1", "m1", "hello")
            with pytest.raises(NotFound):
                await home.statuses.confirm(Person("u2", "user"), "u1", 99, 99)
            assert await told(home) == []

    run(main())
