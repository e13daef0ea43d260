"""Databases as the first release left them: schema 0001 by its own revision, with what it knew of some customers.

`python -m tests.store.first_release` made first_release.sqlite.sql and first_release.postgresql.sql, once. They are
kept as they are: whatever comes later has to start on them.
"""

import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import psycopg
from alembic import command
from sqlalchemy import Connection, MetaData, create_engine, insert

from carevia.store.migrate import alembic_config
from tests.acceptance import stripe
from tests.acceptance.conftest import SETTINGS
from tests.acceptance.people import staff, token
from tests.harness.postgres import Postgres
from tests.harness.program import Program

HERE = Path(__file__).parent
NAMES = ("sqlite", "postgresql")


def dump(name: str) -> Path:
    return HERE / f"first_release.{name}.sql"


def lay_down_file(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    with closing(sqlite3.connect(folder / "carevia.db")) as connection:
        connection.executescript(dump("sqlite").read_text())


def lay_down_tables(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(dump("postgresql").read_bytes())


# --- how they were made -----------------------------------------------------------------------------------------


def main() -> None:
    with tempfile.TemporaryDirectory() as name, Postgres(durable=False) as server:
        rows = _lived(Path(name) / "data")
        _fill(f"sqlite:///{name}/first.db", rows)
        with closing(sqlite3.connect(f"{name}/first.db")) as connection:
            dump("sqlite").write_text("\n".join(connection.iterdump()) + "\n")
        url = server.database()
        _fill(url.replace("postgresql:", "postgresql+psycopg:"), rows)
        words = ["--inserts", "--no-owner", "--no-privileges", url]
        said = subprocess.run([sys.argv[1], *words], capture_output=True, text=True, check=True).stdout
        settings = ("--", "\\", "SET", "SELECT pg_catalog")
        kept = [line for line in said.splitlines() if line and not line.startswith(settings)]
        dump("postgresql").write_text("\n".join(kept).replace("public.", "") + "\n")


def _lived(data: Path) -> dict[str, list[dict[str, Any]]]:
    """What somebody's first days with it leave behind."""
    settings: dict[str, Any] = SETTINGS
    with Program(data=data, **settings) as program:
        for user in ("family-1", "family-2"):
            assert stripe.deliver(program.url, stripe.event(stripe.session(user))).status_code == 200
        for number, bearer in enumerate((token("family-1"), token("family-1"), staff(), token("family-2"))):
            room = "family-2" if number == 3 else "family-1"
            body = {"roomId": room, "text": f"বুকিং {number}, please", "id": f"m{number}"}
            told = {"authorization": f"Bearer {bearer}"}
            said = httpx2.post(f"{program.url}/api/chat/message", json=body, headers=told, trust_env=False)
            assert said.status_code == 200, said.text
    with closing(sqlite3.connect(data / "carevia.db")) as connection:
        connection.row_factory = sqlite3.Row
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: [dict(row) for row in connection.execute(f'SELECT * FROM "{name}"')]
            for name in tables
            if not name.startswith(("message_words", "sqlite"))
        }


def _fill(url: str, rows: dict[str, list[dict[str, Any]]]) -> None:
    engine, config = create_engine(url), alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        _insert(connection, rows)
    engine.dispose()


def _insert(connection: Connection, rows: dict[str, list[dict[str, Any]]]) -> None:
    """What the first schema has a column for."""
    first = MetaData()
    first.reflect(connection)
    for table in first.sorted_tables:
        if table.name != "alembic_version":
            for row in rows[table.name]:
                connection.execute(insert(table), {name: row[name] for name in table.columns.keys()})  # noqa: SIM118


if __name__ == "__main__":
    main()
