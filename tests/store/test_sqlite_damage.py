"""A database file that is damaged while the server runs: nobody is told that it is well."""

from pathlib import Path
from typing import Any

import pytest

from carevia.errors import Unavailable
from tests.aio import run
from tests.store.opened import file_of, opened, query


def overwrite(folder: Path, table: str) -> None:
    """The first page of that table, as a broken disk gives it back."""
    query(folder, "PRAGMA wal_checkpoint(TRUNCATE)")
    [(page, size)] = query(
        folder, f"SELECT rootpage, page_size FROM sqlite_master, pragma_page_size WHERE name='{table}'"
    )
    with file_of(folder).open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)


def test_a_damaged_file_is_told_until_the_restart_though_commits_elsewhere_in_it_succeed(tmp_path: Path) -> None:
    def pay(tx: Any) -> None:
        tx._connection.execute("INSERT INTO payment_facts (about, facts) VALUES ('pi_1', '{}')")

    async def main() -> None:
        async with opened(tmp_path) as store:
            await store.check()
            overwrite(tmp_path, "payment_facts")
            with pytest.raises(Unavailable, match="file is damaged"):
                await store.write(pay)
            assert await store.write(lambda tx: tx.append("desk", "said", {"text": "x"}, now=1).seq)
            for _ in range(3):
                with pytest.raises(Unavailable, match="restore the last backup"):
                    await store.check()

    run(main())
