"""The schema: migrations and tables agree, and whatever lies in the data folder gets one sentence."""

import os
import sqlite3
import subprocess
import sys
import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from carevia.errors import ConfigError
from carevia.store.migrate import HEAD, NEW, alembic_config, prepare
from carevia.store.store import open_store
from carevia.store.tables import metadata


def test_migrated_schema_is_what_tables_say(tmp_path: Path) -> None:
    path = tmp_path / "carevia.db"
    prepare(path, "e")
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_server_default": True, "include_object": _is_ours}
        )
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def _is_ours(_: object, name: str | None, kind: str, *__: object) -> bool:
    """The tables behind the full-text index are SQLite's own business."""
    return kind != "table" or not (name or "").startswith("message_words")


def test_a_new_database_is_what_all_migrations_make(tmp_path: Path) -> None:
    """`KEEP_SCHEMA=1 python3 run.py test tests/store/test_migrate.py` writes the script anew, after a migration."""
    migrated, new = tmp_path / "migrated.db", tmp_path / "new.db"
    _migrate(migrated)
    if os.environ.get("KEEP_SCHEMA"):
        NEW.write_text(f"-- Made from the migrations by tests/store/test_migrate.py.\n{_script_of(migrated)}", "utf-8")
    assert f"VALUES ('{HEAD}')" in NEW.read_text("utf-8")  # else it would be made as it was, and migrated at once
    prepare(new, "e")
    assert _script_of(new) == _script_of(migrated)


def _migrate(path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")
    config = alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()


def _script_of(path: Path) -> str:
    """The statements that make it, and its rows but for the epoch."""
    with closing(sqlite3.connect(path)) as connection:
        made = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'message_words\\_%' ESCAPE '\\'"
        statements = [statement for (statement,) in connection.execute(f"{made} ORDER BY rowid")]
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'message_words'")
        rows = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for (name,) in names.fetchall()}
    [(revision,)] = rows.pop("alembic_version")
    kept = {name for name, found in rows.items() if found and not name.startswith("message_words_")}
    assert kept <= {"meta"}, "a migration that fills a table has to do so in the script too"
    statements.append(f"INSERT INTO alembic_version (version_num) VALUES ('{revision}')")
    return "".join(f"{statement};\n" for statement in statements)


def test_head_is_the_newest_revision() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_current_head() == HEAD


def test_conversations_from_before_keep_what_is_unread_and_can_be_searched(tmp_path: Path) -> None:
    path = tmp_path / "carevia.db"
    engine = create_engine(f"sqlite:///{path}")
    config = alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        run = connection.exec_driver_sql
        run("INSERT INTO users (id, role, created) VALUES ('u1', 'user', 1), ('u2', 'user', 1)")
        for seq, room, sender in ((1, "u1", "u1"), (3, "u1", "s1"), (5, "u1", "u1"), (7, "u1", "u1"), (9, "u2", "u2")):
            row = (seq, room, f"m{seq}", sender, "", "user", f"বুকিং {seq}", 1, "sent")
            run("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        run("INSERT INTO conversations VALUES ('u1', 7, 1, 1), ('u2', 9, 0, 1)")
        command.upgrade(config, "head")
        kept = run("SELECT room_id, unread, read_seq, waiting, status FROM conversations ORDER BY room_id").all()
        assert kept == [("u1", 1, 6, 5, "open"), ("u2", 0, 9, 9, "open")]
        found = run("SELECT rowid FROM message_words WHERE message_words MATCH '\"বুক\" *' ORDER BY rowid").all()
        assert [seq for (seq,) in found] == [1, 3, 5, 7, 9]
    engine.dispose()


def test_a_migration_does_not_hold_all_messages_in_memory(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'carevia.db'}")
    config = alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        rows = [(seq, "u1", f"m{seq}", "u1", "", "user", "ab " * 1_000, 1, "sent") for seq in range(1, 5_001)]
        connection.exec_driver_sql("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        tracemalloc.start()
        try:
            command.upgrade(config, "0006")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    engine.dispose()
    assert peak < 5_000_000  # of 15 MB


def test_a_second_start_does_not_import_alembic_and_keeps_the_epoch(tmp_path: Path) -> None:
    path = tmp_path / "carevia.db"
    assert prepare(path, "first") == "first"
    script = (
        "import pathlib, sys\n"
        "from carevia.store.migrate import prepare\n"
        "assert prepare(pathlib.Path(sys.argv[1]), 'second') == 'first'\n"
        "assert 'alembic' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", script, str(path)], check=True, env={"PYTHONPATH": _source()})


def test_a_newer_schema_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "carevia.db"
    prepare(path, "e")
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(ConfigError, match=r"newer version of Carevia \(schema 9999"):
        prepare(path, "e")


def test_another_program_s_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "carevia.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE recipes (name)")
    connection.close()
    with pytest.raises(ConfigError, match="another program"):
        prepare(path, "e")


def test_a_file_that_is_no_database_is_said_so_and_may_have_been_one(tmp_path: Path) -> None:
    """Whoever moved away what a disk had spoilt would begin with an empty database."""
    path = tmp_path / "carevia.db"
    path.write_text("this is a shopping list, not a database\n" * 100)
    with pytest.raises(ConfigError, match=r"carevia\.db is not a database: move it away, or .* `carevia restore FILE`"):
        prepare(path, "e")


def test_a_data_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        prepare(tmp_path / "file" / "data" / "carevia.db", "e")


def test_the_data_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    prepare(tmp_path / "a" / "data" / "carevia.db", "e")
    assert (tmp_path / "a" / "data").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("url", ["oracle://localhost/carevia", "mysql://x", "nonsense"])
def test_a_database_we_cannot_use_is_said_so(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="CAREVIA_DATABASE_URL"):
        open_store(url, tmp_path)


def _source() -> str:
    return str(Path(__file__).resolve().parents[2] / "src")
