"""PostgreSQL's schema: made by the migrations, equal to the tables, and left alone where it is not ours."""

import asyncio
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg import errors
from sqlalchemy import create_engine, text

from carevia.errors import ConfigError, Unavailable
from carevia.store import postgres_migrate
from carevia.store.migrate import HEAD, alembic_config
from carevia.store.postgres_migrate import prepare, unreachable
from carevia.store.tables import metadata
from tests.aio import run
from tests.harness.postgres import Postgres, ask
from tests.harness.program import free_port


def test_migrated_schema_is_what_tables_say(url: str) -> None:
    prepare(url, "e")
    assert differences(url) == []


def test_a_difference_between_schema_and_tables_is_found(url: str) -> None:
    prepare(url, "e")
    ask(url, "ALTER TABLE bookings ALTER total TYPE text, ALTER due DROP NOT NULL")
    ask(url, "DROP INDEX ix_journal_room_seq")
    assert len(differences(url)) == 3


def differences(url: str) -> list[Any]:
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_server_default": True, "include_object": _is_a_table_of_all_databases}
        )
        found = list(compare_metadata(context, metadata))
    engine.dispose()
    return found


def _is_a_table_of_all_databases(_: object, name: str | None, kind: str, *__: object) -> bool:
    """Each database searches texts in a way of its own."""
    return kind != "table" or name != "message_words"


@pytest.fixture
def first(url: str) -> str:
    """The address of a database of the first schema, with a few rows."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    config = alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text("INSERT INTO users (id, role, created) VALUES ('u1', 'user', 5)"))
        connection.execute(text("INSERT INTO meta (key, value) VALUES ('epoch', 'first')"))
        connection.execute(text("INSERT INTO payments (id, provider, status, created) VALUES ('p', 's', 'paid', 7)"))
    engine.dispose()
    return url


def test_the_first_schema_with_its_rows_becomes_this_versions(first: str) -> None:
    url = first
    assert prepare(url, "another") == "first"
    assert ask(url, "SELECT version_num FROM alembic_version") == [(HEAD,)]
    assert ask(url, "SELECT id, refunded FROM payments") == [("p", 0)]
    assert differences(url) == []


@pytest.mark.parametrize("level", ["read committed", "serializable"])
def test_two_nodes_that_start_at_once_migrate_once(url: str, level: str) -> None:
    ask(url, f"ALTER DATABASE {url.rpartition('/')[2]} SET default_transaction_isolation = '{level}'")

    async def main() -> None:
        found = await asyncio.gather(*(asyncio.to_thread(prepare, url, f"epoch{n}") for n in range(4)))
        assert len(set(found)) == 1

    run(main())


def test_a_migration_that_would_have_to_wait_for_long_lets_the_others_pass(first: str) -> None:
    """Whoever comes after it waits behind it, as long as it waits itself: payments too."""
    with psycopg.connect(first) as long:
        long.execute("SELECT count(*) FROM payments")  # as a backup does, until it has ended
        with pytest.raises(Unavailable, match="held by others"):
            prepare(first, "e")
        assert ask(first, "SELECT version_num FROM alembic_version") == [("0001",)]
        assert ask(first, "SELECT count(*) FROM payments") == [(1,)]
    assert prepare(first, "e") == "first"


def test_a_migration_that_the_server_ends_says_so_in_one_sentence(first: str, postgres: Postgres) -> None:
    postgres.execute("postgres", "DROP ROLE IF EXISTS somebody; CREATE ROLE somebody LOGIN")
    ask(first, "GRANT ALL ON SCHEMA public TO somebody; GRANT ALL ON ALL TABLES IN SCHEMA public TO somebody")
    with pytest.raises(ConfigError, match=r"must be owner of .*: make it the owner"):
        prepare(first.replace("carevia@", "somebody@"), "e")


def test_a_full_disk_of_the_server_is_not_told_as_a_server_that_is_away() -> None:
    told = unreachable(errors.DiskFull("could not extend file: No space left on device"))
    assert str(told).startswith("The disk of the database is full: make room")


def test_a_database_that_is_not_ours_is_left_alone_in_one_sentence(url: str) -> None:
    ask(url, "CREATE TABLE recipes (name text)")
    with pytest.raises(ConfigError, match="another program"):
        prepare(url, "e")


def test_a_newer_schema_is_refused_in_one_sentence(url: str) -> None:
    prepare(url, "e")
    ask(url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigError, match=r"newer version of Carevia \(schema 9999"):
        prepare(url, "e")


def test_a_database_of_another_encoding_is_refused(postgres: Postgres) -> None:
    postgres.execute("postgres", "CREATE DATABASE old ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    with pytest.raises(ConfigError, match="encoded in LATIN1"):
        prepare(postgres.url("old"), "e")


def test_a_pooler_in_transaction_mode_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gives one session to several connections in turn, as here."""
    with psycopg.connect(url, autocommit=True) as session:
        monkeypatch.setattr(postgres_migrate, "connect", lambda *_, **__: session)
        with pytest.raises(ConfigError, match="session mode"):
            prepare(url, "e")


@pytest.mark.parametrize("password", ["hunter2%zz", "hunter2%00", "a hunter2", "a@hunter2", "hunter2/", "hunter2@[::1"])
def test_an_address_that_cannot_be_read_is_not_repeated_with_its_password(password: str) -> None:
    """libpq quotes what it cannot read, and takes a part of a password with @ or / in it for the host or the port."""
    with pytest.raises(ConfigError, match="write postgresql://USER:PASSWORD@HOST/NAME") as refused:
        prepare(f"postgresql://localhost:{password}@h/d", "e")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("host", ["%2Frun%2Fuser@1000", "%40abstract", "[::1]", "127.0.0.1"])
def test_an_address_that_can_be_read_is_tried(host: str) -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        prepare(f"postgresql://u:p@{host}:{free_port()}/d", "e")


def test_what_cannot_be_reached_may_come_back_and_what_is_refused_will_not(postgres: Postgres) -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        prepare(f"postgresql://carevia@127.0.0.1:{free_port()}/carevia", "e")
    with pytest.raises(ConfigError, match="does not exist"):
        prepare(postgres.url("nowhere"), "e")
    with pytest.raises(ConfigError, match="no address"):
        prepare("postgresql://%%", "e")
