"""The list of conversations: who is in it and where, what is unread, whose it is, and what search finds."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from carevia.domain.conversations import Change, Conversation, ConversationQuery
from carevia.domain.people import Person
from carevia.errors import BadInput, Conflict, NotFound
from carevia.service.credentials import Credentials
from carevia.service.passwords import Passwords
from carevia.service.people import People
from carevia.service.tokens import Token
from tests.aio import run
from tests.service.house import STAFF, House, house
from tests.store.opened import query

OTHER = Person("s2", "admin", "rafiq@carevia.example", "Rafiq Hasan")


async def writes(home: House, user: str, text: str = "hello") -> int:
    home.time += 1000
    return (await home.chat.send(Person(user, "user", None, f"Name {user}"), user, f"m{home.time}", text)).seq


async def answers(home: House, user: str) -> int:
    home.time += 1000
    return (await home.chat.send(STAFF, user, f"a{home.time}", "yes")).seq


async def rows(home: House, viewer: Person = STAFF, **asked: object) -> list[Conversation]:
    return (await home.conversations.page(viewer, ConversationQuery(**asked))).rows  # type: ignore[arg-type]


async def ids(home: House, **asked: object) -> list[str]:
    return [row.id for row in await rows(home, STAFF, **asked)]


async def add_staff(home: House) -> None:
    passwords = Passwords()
    people = People(home.store, passwords, lambda: home.time)
    for person in (STAFF, OTHER):
        await people.recognise(Token(person, 60))
    passwords.close()


def test_who_booked_and_who_wrote_is_there_once_and_staff_are_not(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await add_staff(home)
            await home.pay("u1")
            await home.pay("u1")
            await writes(home, "u2")
            await writes(home, "u1")
            assert sorted(await ids(home)) == ["u1", "u2"]
            [row] = await rows(home, room_id="u2")
            assert (row.firstName, row.lastName, row.unread, row.status) == ("Name", "u2", 1, "open")
            with pytest.raises(NotFound):
                await rows(home, room_id="nobody")

    run(main())


def test_who_waits_longest_comes_first_then_last_activity(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            for user in ("u1", "u2", "u3"):
                await home.pay(user)
            for user in ("u5", "u4", "u5"):
                await writes(home, user)
            assert await ids(home) == ["u5", "u4", "u3", "u2", "u1"]
            await answers(home, "u5")
            assert await ids(home) == ["u4", "u5", "u3", "u2", "u1"]
            read = await writes(home, "u2")
            await home.conversations.mark_read("u2", read)
            assert await ids(home) == ["u4", "u2", "u5", "u3", "u1"]  # read, and still without an answer
            assert await ids(home, unread=True) == ["u4"]

    run(main())


def test_pages_go_through_both_parts_and_give_every_row_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            for number in range(7):
                await home.pay(f"u{number}")
            for number in (1, 3, 5):
                await writes(home, f"u{number}")
            whole = await ids(home)
            for limit in range(1, 9):
                found: list[str] = []
                after = None
                while True:
                    page = await home.conversations.page(STAFF, ConversationQuery(limit=limit, after=after))
                    found += [row.id for row in page.rows]
                    after = page.cursor
                    assert page.has_more == (after is not None)
                    if after is None:
                        break
                assert found == whole
            with pytest.raises(BadInput):
                await ids(home, after="w1; DROP TABLE users")

    run(main())


def test_reading_up_to_a_message_leaves_what_came_after_it_unread(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            first, second = await writes(home, "u1"), await writes(home, "u1")
            await writes(home, "u1")
            for seq, left in ((first, 2), (second, 1), (first, 1), (1_000_000, 0)):
                await home.conversations.mark_read("u1", seq)
                assert [row.unread for row in await rows(home)] == [left]
            told = [update["unread"] for update in await home.told("conversation_updated")]
            assert told == [1, 2, 3, 2, 1, 0]  # what changed nothing was not told

    run(main())


def test_filters_and_their_counts(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await add_staff(home)
            for user in ("u1", "u2", "u3", "u4"):
                await home.pay(user)
            await writes(home, "u1")
            await home.conversations.change(STAFF, "u1", Change(assignee="s1"))
            await home.conversations.change(STAFF, "u2", Change(assignee="s2"))
            await home.conversations.change(STAFF, "u3", Change(status="closed", assignee="s1"))
            lists = {name: await ids(home, filter=name) for name in ("open", "mine", "unassigned", "closed")}
            assert lists == {"open": ["u1", "u4", "u2"], "mine": ["u1"], "unassigned": ["u4"], "closed": ["u3"]}
            counts = (await home.conversations.page(STAFF, ConversationQuery())).counts
            assert (counts.open, counts.mine, counts.unassigned, counts.closed, counts.unread) == (3, 1, 1, 1, 1)

    run(main())


def test_a_change_is_told_once_with_who_did_it_and_the_row_knows_its_number(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await add_staff(home)
            await home.pay("u1")
            for _ in range(2):
                row = await home.conversations.change(STAFF, "u1", Change(assignee="s2"))
            [told] = await home.told("conversation_changed")
            assert (told["assignee"], told["by"]["name"]) == ({"_id": "s2", "name": "Rafiq Hasan"}, "Sumaiya Islam")
            [*_, last] = await home.store.events_after(0, ["desk"], 100)
            assert (row.seq, row.assignee and row.assignee.name) == (last.seq, "Rafiq Hasan")
            for nobody in ("u1", "nobody"):
                with pytest.raises(BadInput):
                    await home.conversations.change(STAFF, "u1", Change(assignee=nobody))
            with pytest.raises(NotFound):
                await home.conversations.change(STAFF, "nobody", Change(status="closed"))
            assert (await home.conversations.change(STAFF, "u1", Change(assignee=None))).assignee is None

    run(main())


async def credentials_change(home: House, change: Callable[[Credentials], Awaitable[None]]) -> None:
    passwords = Passwords()
    await change(Credentials(home.store, passwords, lambda: home.time))
    passwords.close()


def test_a_conversation_is_assigned_to_nobody_whose_account_is_disabled_for_it_would_be_in_no_list_that_is_read(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await add_staff(home)
            await home.pay("u1")
            await credentials_change(home, lambda credentials: credentials.disable("s2"))
            with pytest.raises(BadInput):
                await home.conversations.change(STAFF, "u1", Change(assignee="s2"))
            assert await ids(home, filter="unassigned") == ["u1"]

    run(main())


def test_a_row_and_the_events_of_it_name_the_same_assignee_also_where_they_are_staff_no_longer(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await add_staff(home)
            await home.pay("u1")
            await home.conversations.change(STAFF, "u1", Change(assignee="s2"))
            await credentials_change(home, lambda credentials: credentials.new_role("s2", "user"))
            await writes(home, "u1")
            [row] = await rows(home)
            [*_, told] = await home.told("conversation_updated")
            assert row.assignee is not None
            assert told["assignee"] == {"_id": row.assignee.id, "name": row.assignee.name}

    run(main())


def test_only_a_conversation_that_is_in_the_list_is_assigned_or_closed_so_that_counts_are_of_rows(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await add_staff(home)
            await home.pay("u1")
            for change in (Change(status="closed"), Change(assignee="s1")):
                with pytest.raises(NotFound):
                    await home.conversations.change(STAFF, "s2", change)
            counts = (await home.conversations.page(STAFF, ConversationQuery())).counts
            assert (counts.open, counts.mine, counts.closed) == (1, 0, 0)

    run(main())


def test_nobody_closes_over_a_message_that_they_have_not_seen(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            seen = await writes(home, "u1")
            await writes(home, "u1", "wait, one more thing")
            with pytest.raises(Conflict):
                await home.conversations.change(STAFF, "u1", Change(status="closed", seq=seen))
            assert await ids(home) == ["u1"]

    run(main())


def test_a_message_and_a_booking_open_what_was_closed(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            for user in ("u1", "u2", "u3"):
                await home.pay(user)
                await home.conversations.change(STAFF, user, Change(status="closed"))
            await writes(home, "u1")
            await home.pay("u2")
            assert (await ids(home), await ids(home, filter="closed")) == (["u1", "u2"], ["u3"])
            await answers(home, "u3")
            assert await ids(home, filter="closed") == ["u3"]  # a last word leaves it closed

    run(main())


def test_search_finds_messages_in_both_languages_newest_first_and_people(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await home.pay("u1", name="Nusrat Jahan")
            seqs = [
                await writes(home, user, text)
                for user, text in (
                    ("u2", "আমার বুকিংয়ের টাকা দিয়েছি"),
                    ("u3", "Where is my booking? \U0001f600"),
                    ("u2", "বুকিং বাতিল করতে চাই"),
                )
            ]

            async def found(text: str, **asked: int) -> list[int]:
                return [message.seq for message in (await home.conversations.find(text, **asked))[0].messages]

            assert await found("বুকিং") == [seqs[2], seqs[0]]
            assert await found("বুকিং দিয\u09bcে") == [seqs[0]]
            assert await found("BOOK where") == [seqs[1]]
            assert await found("কিং") == await found("?") == await found('"') == await found("a AND b OR") == []
            first, more = await home.conversations.find("বুকিং", limit=1)
            assert ([message.roomId for message in first.messages], more) == (["u2"], True)
            assert await found("বুকিং", before=seqs[2]) == [seqs[0]]
            [(tracking,)] = query(tmp_path, "SELECT tracking_id FROM bookings")
            for text in ("nusrat", "u1@carevia", tracking.lower()):
                [person] = (await home.conversations.find(text))[0].people
                assert person.id == "u1", text

    run(main())


def test_a_message_that_is_sent_again_is_found_once_and_one_that_failed_never(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            person = Person("u1", "user", None, "Nusrat")
            for _ in range(2):
                await home.chat.send(person, "u1", "m1", "remarkable")
            assert len((await home.conversations.find("remark"))[0].messages) == 1

            def fails(tx: object) -> None:
                tx.index_text(999, "forgotten")  # type: ignore[attr-defined]
                raise BadInput("no")

            with pytest.raises(BadInput):
                await home.store.write(fails)
            assert await home.store.read(lambda tx: tx.find_texts(["forgotten"], None, 9)) == []

    run(main())
