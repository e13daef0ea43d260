"""Bring the schema to what this version of Carevia expects.

Alembic is imported only when there is something to change: a look at the stored revision takes a millisecond, Alembic's
import a good part of a second. A new database is made as it is today, by migrations/new.sql, without the way there.
`HEAD` is the newest revision in migrations/versions; tests hold the three together.
"""

import logging
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from carevia.errors import CareviaError, ConfigError
from carevia.store.connection import connect, primary_code
from carevia.store.disk import cannot_write, disk_full, is_full
from carevia.store.reached import Reached

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection, Engine

HEAD = "0011"
NEW = Path(__file__).with_name("migrations") / "new.sql"
_PATIENCE = 30.0  # seconds; another process may be migrating the same file

log = logging.getLogger("carevia.store")


def prepare(path: Path, epoch: str, what: str = "", reached: Reached | None = None) -> str:
    """Make or migrate the database file; answers its epoch, which is `epoch` when it had none. Raises ConfigError, or
    Unavailable while the disk is full. `what` it is called where its own name tells nobody anything. By `reached` an
    older database shows, in which `epoch` begins."""
    try:
        _make_file(path)
        _use_wal(path)
        if _stored_revision(path) is None:
            _create(path)
        if _stored_revision(path) != HEAD:
            _upgrade(path, what or str(path))
        return _stored_epoch(path, epoch, reached)
    except OSError as error:
        raise cannot_write(path.parent, error) from None
    except sqlite3.DatabaseError as error:
        raise _trouble(path, what or str(path), error) from None


def _trouble(path: Path, what: str, error: sqlite3.DatabaseError) -> CareviaError:
    code = primary_code(error)
    # Without room for its shared memory SQLite says "disk I/O error", or that it cannot open it.
    unsaid = code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and is_full(Path(os.path.realpath(path)).parent)
    return disk_full(path) if unsaid or code == sqlite3.SQLITE_FULL else ConfigError(_sentence(what, error))


def _sentence(what: str, error: sqlite3.DatabaseError) -> str:
    code = primary_code(error)
    if code == sqlite3.SQLITE_NOTADB:
        return f"{what} is not a database: move it away, or if it was one, restore a backup by `carevia restore FILE`."
    if code == sqlite3.SQLITE_CORRUPT:
        return f"{what} is damaged ({error}): restore the last backup with `carevia restore FILE`."
    if code == sqlite3.SQLITE_BUSY:
        return f"{what} is locked by another program: stop that program and start again."
    if code == sqlite3.SQLITE_ERROR:
        return f"{what} is not as Carevia left it ({error}): restore a whole backup with `carevia restore FILE`."
    return f"{what} cannot be opened ({error}): make file and folder writable for this user."


def _make_file(path: Path) -> None:
    """The file holds addresses and chat: nobody but its owner reads it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _use_wal(path: Path) -> None:
    """The mode stays with the file. Two processes at the first start disturb each other; then it is tried again."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        connection = connect(path)
        try:
            if connection.execute("PRAGMA journal_mode=WAL").fetchone()[0] == "wal":
                return
            raise ConfigError(f"The file system of {path} cannot hold a SQLite write-ahead log: use a local disk.")
        except sqlite3.OperationalError as error:
            if primary_code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        finally:
            connection.close()


def _stored_revision(path: Path) -> str | None:
    """None for an empty database. Raises ConfigError for a database of somebody else's."""
    connection = connect(path)
    try:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "alembic_version" in tables:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            return None if row is None else str(row[0])
    finally:
        connection.close()
    if tables:
        raise ConfigError(f"{path} is a database of another program: set CAREVIA_DATABASE_URL to another file.")
    return None


def _create(path: Path) -> None:
    """In one transaction: of several processes at the first start one makes it, the others find its tables there."""
    connection = _connect_to_migrate(path)
    try:
        connection.executescript(f"BEGIN IMMEDIATE;\n{NEW.read_text('utf-8')}COMMIT;")
        log.info("store: schema is at revision %s", HEAD)
    except sqlite3.OperationalError:
        connection.rollback()
        if _stored_revision(path) is None:
            raise
    finally:
        connection.close()


def _upgrade(path: Path, what: str) -> None:
    """In one transaction under the write lock, so that of several processes the first does the work."""
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import NullPool

    engine = create_engine("sqlite://", creator=lambda: _connect_to_migrate(path), poolclass=NullPool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    upgrade_by(engine, what)


def upgrade_by(engine: "Engine", what: str, take_turn: "Callable[[Connection], None]" = lambda _: None) -> None:
    """In one transaction, which begins with `take_turn`. The engine is of no use afterwards."""
    from alembic import command
    from sqlalchemy.exc import DBAPIError

    config = alembic_config()
    try:
        with engine.begin() as connection:
            take_turn(connection)
            _refuse_newer(what, config, connection)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except DBAPIError as error:
        raise error.orig or error from None  # in the database's own words, as everywhere here
    finally:
        engine.dispose()
    log.info("store: schema is at revision %s", HEAD)


def alembic_config() -> "Config":
    from alembic.config import Config

    config = Config()
    folder = str(Path(__file__).with_name("migrations"))
    config.set_main_option("script_location", folder.replace("%", "%%"))
    return config


def _refuse_newer(what: str, config: "Config", connection: "Connection") -> None:
    """Looked at again under the lock: somebody else may have migrated meanwhile. Raises ConfigError."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    for revision in MigrationContext.configure(connection).get_current_heads():
        if revision not in known:
            raise ConfigError(
                f"{what} was written by a newer version of Carevia (schema {revision}, this version knows {HEAD}): "
                "start the newer version, or restore a backup made before it."
            )


def _connect_to_migrate(path: Path) -> sqlite3.Connection:
    """Waits for the other processes, and without foreign keys, as SQLite wants it for changes to tables."""
    connection = connect(path)
    connection.execute(f"PRAGMA busy_timeout={int(_PATIENCE * 1000)}")
    connection.execute("PRAGMA foreign_keys=OFF")
    return connection


def _stored_epoch(path: Path, epoch: str, reached: Reached | None) -> str:
    connection = connect(path)
    try:
        found = connection.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
        if found is None:
            connection.execute("INSERT INTO meta (key, value) VALUES ('epoch', ?) ON CONFLICT DO NOTHING", (epoch,))
            found = connection.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
        return str(found[0]) if reached is None else reached.epoch(connection, epoch)
    finally:
        connection.close()
