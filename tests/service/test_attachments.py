"""Attachments: stored before they are named, named once, never lost by a failure, never left behind for ever."""

import asyncio
import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from carevia.domain.people import Person
from carevia.errors import BadInput, NotFound, RateLimited, TooLarge, Unavailable
from carevia.service import attachments as service
from carevia.store.transaction import Transaction
from tests.aio import run
from tests.domain.test_attachments import BYTES
from tests.service.house import STAFF, House, house

CUSTOMER = Person("u1", "user", "u1@carevia.example", "Nusrat Jahan")
STRANGER = Person("u2", "user", None, "Karim")
PNG = BYTES["image/png"]


async def upload(home: House, person: Person = CUSTOMER, upload_id: str = "up1", content: bytes = PNG) -> str:
    return (await home.attachments.keep(person, "u1", upload_id, "photo.png", content)).id


def files(home: House) -> list[str]:
    folder = home.data / "attachments"
    return sorted(os.listdir(folder)) if folder.is_dir() else []


def test_an_attachment_comes_with_its_message_live_and_in_the_history(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            first, second = await upload(home), await upload(home, upload_id="up2", content=BYTES["application/pdf"])
            sent = await home.chat.send(CUSTOMER, "u1", "m1", "", attachments=[second, first])
            (message,), _ = await home.chat.history(STAFF, "u1")
            assert isinstance(message.attachments, list)
            shown = [(one.id, one.name, one.type) for one in message.attachments]
            assert shown == [(second, "photo.png.pdf", "application/pdf"), (first, "photo.png", "image/png")]
            found, path = await home.attachments.of(STAFF, first)
            assert (path.read_bytes(), found.size) == (PNG, len(PNG))
            again = await home.chat.send(CUSTOMER, "u1", "m1", "", attachments=[second, first])
            assert again == sent

    run(main())


def test_a_retry_under_the_same_id_is_the_same_attachment_and_one_file(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            ids = await asyncio.gather(*(upload(home) for _ in range(5)))
            assert len(set(ids)) == 1
            assert files(home) == [ids[0]]

    run(main())


def test_what_is_not_a_picture_or_a_pdf_or_too_large_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            with pytest.raises(BadInput):
                await upload(home, content=b"<html><script>")
            with pytest.raises(TooLarge):
                await upload(home, content=PNG + bytes(10_000_000))
            with pytest.raises(TooLarge, match="50 million pixels"):
                await upload(home, content=PNG + (16_000).to_bytes(4, "big") * 2)
            assert files(home) == []

    run(main())


def test_only_ones_own_free_uploads_of_this_conversation_can_be_sent(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await home.chat.send(CUSTOMER, "u1", "m0", "hello")
            mine = await upload(home)
            theirs = (await home.attachments.keep(STRANGER, "u2", "up1", "x.png", PNG)).id
            for who, room, wanted in ((STAFF, "u1", mine), (CUSTOMER, "u1", theirs), (CUSTOMER, "u1", "nothing")):
                with pytest.raises(BadInput):
                    await home.chat.send(who, room, "m1", "look", attachments=[wanted])
            await home.chat.send(CUSTOMER, "u1", "m1", "look", attachments=[mine])
            with pytest.raises(BadInput):
                await home.chat.send(CUSTOMER, "u1", "m2", "again", attachments=[mine])
            with pytest.raises(BadInput):
                await home.chat.send(CUSTOMER, "u1", "m3", "many", attachments=[f"a{n}" for n in range(11)])
            page, _ = await home.chat.history(STAFF, "u1")
            assert [message.text for message in page] == ["hello", "look"]

    run(main())


def test_who_may_see_one(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await home.chat.send(CUSTOMER, "u1", "m0", "hello")
            id_ = await upload(home, STAFF)
            for person in (CUSTOMER, STRANGER, Person("s2", "admin")):  # not sent yet: its sender's only
                with pytest.raises(NotFound):
                    await home.attachments.of(person, id_)
            await home.attachments.of(STAFF, id_)
            await home.chat.send(STAFF, "u1", "a1", "here", attachments=[id_])
            for person in (CUSTOMER, Person("s2", "admin")):
                await home.attachments.of(person, id_)
            with pytest.raises(NotFound):
                await home.attachments.of(STRANGER, id_)
            with pytest.raises(NotFound):
                await home.attachments.of(STAFF, "../carevia.db")

    run(main())


def test_a_full_disk_is_told_and_leaves_no_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:

            def full(*_: object) -> None:
                raise OSError(28, "No space left on device")

            monkeypatch.setattr(os, "fsync", full)
            with pytest.raises(Unavailable):
                await upload(home)
            monkeypatch.undo()
            assert files(home) == []
            assert await upload(home)

    run(main())


def test_a_data_folder_that_was_moved_away_is_not_made_again(tmp_path: Path) -> None:
    """An upload made another one, into which the operator then moved the true one back."""

    async def main() -> None:
        async with house(tmp_path) as home:
            gone = tmp_path / "gone"
            keeper = service.Attachments(home.store, gone / "attachments", now=lambda: home.time, random=os.urandom)
            with pytest.raises(Unavailable, match="could not be stored"):
                await keeper.keep(CUSTOMER, "u1", "up1", "photo.png", PNG)
            assert not gone.exists()

    run(main())


def test_a_crash_between_file_and_row_leaves_a_file_that_is_swept_and_the_retry_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:

            def dies(*_: object, **__: object) -> None:
                raise Unavailable("The store does not answer.")

            monkeypatch.setattr(service, "_record", dies)
            with pytest.raises(Unavailable):
                await upload(home)
            monkeypatch.undo()
            (orphan,) = files(home)
            kept = await upload(home)
            assert await home.attachments.sweep() == 0  # it might be in the making
            old = (home.time - service.FILE_KEPT) / 1000 - 1
            for name in files(home):
                os.utime(home.data / "attachments" / name, (old, old))
            assert await home.attachments.sweep() == 1
            assert files(home) == [kept]
            assert orphan != kept

    run(main())


def test_two_sweeps_at_once_do_not_mind_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = os.scandir

    def then_swept(folder: Path) -> contextlib.nullcontext[list[os.DirEntry[str]]]:
        """What another process's sweep does between the listing and the look at each file."""
        with listed(folder) as found:
            entries = list(found)
        for entry in entries:
            os.unlink(entry)
        return contextlib.nullcontext(entries)

    async def main() -> None:
        async with house(tmp_path) as home:
            await upload(home)
            monkeypatch.setattr(os, "scandir", then_swept)
            assert await home.attachments.sweep() == 0

    run(main())


def test_an_upload_that_is_never_sent_goes_after_a_week_and_a_sent_one_stays(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            unsent, sent = await upload(home), await upload(home, upload_id="up2")
            await home.chat.send(CUSTOMER, "u1", "m1", "", attachments=[sent])
            home.time += service.UNSENT_KEPT + 1
            assert await home.attachments.sweep() == 1
            assert files(home) == [sent]
            with pytest.raises(BadInput):
                await home.chat.send(CUSTOMER, "u1", "m2", "", attachments=[unsent])

    run(main())


def test_a_sweep_over_many_files_is_many_short_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[int] = []
    without_row = service._without_row

    def counted(tx: Transaction, *, ids: Sequence[str]) -> set[str]:
        looked_up.append(len(ids))
        return without_row(tx, ids=ids)

    async def main() -> None:
        async with house(tmp_path) as home:
            kept = [await upload(home, upload_id=f"up{n}") for n in range(4)]
            orphan = home.data / "attachments" / ("0" * 32)
            orphan.write_bytes(PNG)
            old = (home.time - service.FILE_KEPT) / 1000 - 1
            for name in files(home):
                os.utime(home.data / "attachments" / name, (old, old))
            monkeypatch.setattr(service, "LOOKED_UP_AT_ONCE", 2)
            monkeypatch.setattr(service, "_without_row", counted)
            assert await home.attachments.sweep() == 1
            assert files(home) == sorted(kept)
            assert looked_up == [2, 2, 1]

    run(main())


def test_a_customer_has_a_days_measure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            monkeypatch.setattr(service, "MOST_A_DAY", len(PNG) - 1)
            await upload(home)
            with pytest.raises(RateLimited):
                await home.attachments.may_upload(CUSTOMER, "u1", "up2")
            home.time += service.DAY
            await home.attachments.may_upload(CUSTOMER, "u1", "up2")
            with pytest.raises(NotFound):
                await home.attachments.may_upload(CUSTOMER, "u2", "up2")

    run(main())
