"""A backup carries the attachments' files: those that its rows name, checked, and back in their place."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from carevia.domain.people import Person
from carevia.errors import BadInput, CareviaError
from carevia.service.attachments import Attachments, attach
from carevia.store import backup, postgres_backup
from carevia.store.backup_file import Contents
from carevia.store.store import Store, attachments_folder, open_store
from tests.aio import run
from tests.store.copies import quiet

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
CUSTOMER = Person("u1", "user", None, "Nusrat")


class Site:
    """One database with its folder of files, whichever database it is."""

    def __init__(self, url: str | None, data: Path) -> None:
        self.url = url
        self.data = data
        self.files = attachments_folder(data)

    def back_up(self, target: Path) -> Contents:
        if self.url:
            return postgres_backup.back_up(self.url, target, quiet, files=self.files)
        return backup.back_up(self.data / "carevia.db", target, quiet, files=self.files)

    def restore(self, file: Path, stamp: str = "then") -> Contents:
        told: dict[str, Any] = {"files": self.files, "epoch": f"e{stamp}", "stamp": stamp}
        if self.url:
            return postgres_backup.restore(self.url, file, quiet, **told)[0]
        return backup.restore(self.data / "carevia.db", file, quiet, **told)[0]

    def send(self, upload: str, content: bytes, *, sent: bool = True) -> str:
        """An attachment, and that a message names it; its id."""

        async def work(store: Store) -> str:
            keeper = Attachments(store, self.files, now=lambda: 10**12, random=os.urandom)
            self.data.mkdir(exist_ok=True)  # as a server has done that runs
            made = await keeper.keep(CUSTOMER, "u1", upload, "a.png", content)
            if sent:
                await store.write(lambda tx: attach(tx, [made.id], 5))
            return made.id

        return str(self._in_store(work))

    def shown(self, id_: str) -> bytes:
        async def work(store: Store) -> bytes:
            keeper = Attachments(store, self.files, now=lambda: 10**12, random=os.urandom)
            return (await keeper.of(CUSTOMER, id_))[1].read_bytes()

        return bytes(self._in_store(work))

    def _in_store(self, work: Callable[[Store], Any]) -> Any:
        async def main() -> Any:
            store = open_store(self.url, self.data)
            await store.open()
            try:
                return await work(store)
            finally:
                await store.close()

        return run(main())


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    url = request.getfixturevalue("postgres").prepared() if request.param == "postgresql" else None
    return Site(url, tmp_path / "data")


def test_files_come_back_with_their_rows_and_those_of_later_are_kept_aside(site: Site, tmp_path: Path) -> None:
    first, unsent = site.send("1", PICTURE), site.send("2", PICTURE + b"2", sent=False)
    assert site.back_up(tmp_path / "copy.db").attachments == (2, 0)
    later = site.send("3", PICTURE + b"3")
    (site.files / first).unlink()
    (site.files / unsent).write_bytes(b"spoilt")
    assert site.restore(tmp_path / "copy.db").attachments == (2, 0)
    assert (site.shown(first), site.shown(unsent)) == (PICTURE, PICTURE + b"2")
    aside = site.files / "before-restore-then"
    assert {path.name for path in site.files.iterdir()} == {first, unsent, aside.name}
    assert [path.name for path in aside.iterdir()] == [later]
    for path in (site.files, aside, site.files / first, aside / later):
        assert path.stat().st_mode & 0o077 == 0, path
    if site.url is None:
        with closing(sqlite3.connect(site.data / "carevia.db")) as live:
            assert live.execute("SELECT 1 FROM sqlite_master WHERE name = 'attachment_files'").fetchone() is None
            assert live.execute("PRAGMA freelist_count").fetchone() == (0,), "as small as it was"


def test_into_an_empty_folder_and_from_the_other_database(site: Site, tmp_path: Path) -> None:
    id_ = site.send("1", PICTURE)
    site.back_up(tmp_path / "copy.db")
    elsewhere = Site(None, tmp_path / "elsewhere")
    elsewhere.data.mkdir()
    assert elsewhere.restore(tmp_path / "copy.db").attachments == (1, 0)
    assert elsewhere.shown(id_) == PICTURE


def test_a_backup_says_what_messages_name_and_the_folder_has_not(site: Site, tmp_path: Path) -> None:
    gone, swept = site.send("1", PICTURE), site.send("2", PICTURE, sent=False)
    for id_ in (gone, swept):
        (site.files / id_).unlink()
    assert site.back_up(tmp_path / "copy.db").attachments == (0, 1)


def test_a_backup_whose_attachment_was_changed_is_refused_and_changes_nothing(site: Site, tmp_path: Path) -> None:
    id_ = site.send("1", PICTURE)
    site.back_up(tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        copy.execute("UPDATE attachment_files SET content = ?", (PICTURE[:-1] + b"?",))
        copy.commit()
    (site.files / id_).unlink()
    with pytest.raises(BadInput, match=f"attachment {id_}"):
        site.restore(tmp_path / "copy.db")
    assert not (site.files / id_).exists()


@pytest.mark.parametrize(
    "spoil", ["UPDATE alembic_version SET version_num = '9999'", "ALTER TABLE payments DROP COLUMN amount"]
)
def test_a_backup_of_another_schema_puts_no_file_into_the_folder(site: Site, tmp_path: Path, spoil: str) -> None:
    id_ = site.send("1", PICTURE)
    site.back_up(tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        copy.execute(spoil)
        copy.commit()
    (site.files / id_).unlink()
    with pytest.raises(CareviaError):
        site.restore(tmp_path / "copy.db")
    assert list(site.files.iterdir()) == []


def test_a_backup_from_before_it_carried_files_still_restores(site: Site, tmp_path: Path) -> None:
    id_ = site.send("1", PICTURE)
    site.back_up(tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        copy.execute("DROP TABLE attachment_files")
    assert site.restore(tmp_path / "copy.db").attachments is None
    assert site.shown(id_) == PICTURE, "the files were where they belong"


@pytest.mark.parametrize("table", ["attachments", "attachment_files"])
def test_a_backup_whose_attachment_names_another_place_is_refused(site: Site, tmp_path: Path, table: str) -> None:
    """It was written wherever its id said, with the rights of whoever restores; and read from there by whoever asked
    for the attachment."""
    site.send("1", PICTURE)
    site.back_up(tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        copy.execute(f"UPDATE {table} SET id = ?", (str(tmp_path / "elsewhere"),))
        copy.commit()
    with pytest.raises(BadInput, match="Nothing was changed"):
        site.restore(tmp_path / "copy.db")
    assert not (tmp_path / "elsewhere").exists()
