"""The schema: migrations and tables agree, and whatever lies in the data folder gets one sentence."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from carevia.errors import ConfigError
from carevia.store.migrate import HEAD, alembic_config, prepare
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


def test_head_is_the_newest_revision() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_current_head() == HEAD


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


def test_a_file_that_is_no_database_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "carevia.db"
    path.write_text("this is a shopping list, not a database\n" * 100)
    with pytest.raises(ConfigError, match=r"carevia\.db is not a database: move it away"):
        prepare(path, "e")


def test_a_data_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        prepare(tmp_path / "file" / "data" / "carevia.db", "e")


def test_the_data_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    prepare(tmp_path / "a" / "data" / "carevia.db", "e")
    assert (tmp_path / "a" / "data").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("url", ["postgresql://localhost/carevia", "mysql://x", "nonsense"])
def test_a_database_we_cannot_use_is_said_so(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="CAREVIA_DATABASE_URL"):
        open_store(url, tmp_path)


def _source() -> str:
    return str(Path(__file__).resolve().parents[2] / "src")
