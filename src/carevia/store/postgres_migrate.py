"""Bring a PostgreSQL database's schema to what this version of Carevia expects: migrate.py's sibling.

The tables lie in the first schema of the connection's search_path, as the address or the role says.
"""

from contextlib import closing
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import errors

from carevia.errors import ConfigError, Unavailable
from carevia.store.migrate import HEAD, upgrade_by
from carevia.store.postgres_connection import MIGRATING, connect, connect_for_long, first_line, in_use

if TYPE_CHECKING:
    from sqlalchemy import Connection

OLDEST = 140000  # server version, as libpq numbers them

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
_MEND = "start it, or mend CAREVIA_DATABASE_URL"
_TURN = "2s"  # for a lock on a table: whoever comes meanwhile waits behind us, the nodes of the old version too


def prepare(url: str, epoch: str) -> str:
    """Its epoch, which is `epoch` when it had none. Raises ConfigError, or Unavailable when it cannot be reached."""
    try:
        with closing(connect(url, writable=True)) as connection:
            _check_server(connection)
            _check_sessions(connection, url)
            if not in_use(connection):
                raise ConfigError("A restore is at work on the database: start again when it has ended.")
            if stored_revision(connection) != HEAD:
                upgrade(url)
            return _stored_epoch(connection, epoch)
    except (errors.InsufficientPrivilege, errors.InvalidSchemaName) as error:
        raise ConfigError(
            f"The database's user may not make or change its tables ({first_line(error)}): make it the owner of the "
            "database and of the tables in it."
        ) from None
    except (errors.LockNotAvailable, errors.DeadlockDetected) as error:
        raise Unavailable(
            f"The tables are held by others, as by a backup ({first_line(error)}): start again when they have ended."
        ) from None
    except (errors.InvalidPassword, errors.InvalidAuthorizationSpecification, errors.InvalidCatalogName) as error:
        raise ConfigError(f"PostgreSQL refuses us ({first_line(error)}): mend CAREVIA_DATABASE_URL.") from None
    except psycopg.OperationalError as error:
        raise unreachable(error) from None


def unreachable(error: psycopg.Error) -> Unavailable | ConfigError:
    """One may pass by itself, the other does not: which of them libpq does not say with a code before it is in."""
    line = first_line(error)
    if isinstance(error, errors.DiskFull):
        return Unavailable(f"The disk of the database is full: make room ({line}).")
    if any(words in line for words in ("authentication failed", "does not exist", "no pg_hba.conf entry")):
        return ConfigError(f"PostgreSQL refuses us ({line}): mend CAREVIA_DATABASE_URL.")
    return Unavailable(f"PostgreSQL cannot be reached ({line}): {_MEND}.")


def _check_server(connection: psycopg.Connection[Any]) -> None:
    if connection.info.server_version < OLDEST:
        raise ConfigError(f"This PostgreSQL is too old: version {OLDEST // 10000} or newer is needed.")
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise ConfigError(
            f"The database is encoded in {encoding}: make one with `CREATE DATABASE carevia ENCODING 'UTF8' "
            "TEMPLATE template0`, and name it in CAREVIA_DATABASE_URL."
        )


def _check_sessions(connection: psycopg.Connection[Any], url: str) -> None:
    """Locks, settings, prepared statements and LISTEN are a session's: no other connection may come into it."""
    with closing(connect(url)) as another:
        one, other = (each.execute("SELECT pg_backend_pid()").fetchone() for each in (connection, another))
    if one == other:
        raise ConfigError(
            "A pooler gives one session of PostgreSQL to several connections: set it to session mode "
            "(pool_mode of PgBouncer), or let CAREVIA_DATABASE_URL name PostgreSQL itself."
        )


def stored_revision(connection: psycopg.Connection[Any]) -> str | None:
    """None for an empty database. Raises ConfigError for a database of somebody else's."""
    tables = {row[0] for row in connection.execute(_TABLES)}
    if "alembic_version" in tables:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return None if row is None else str(row[0])
    if tables:
        raise ConfigError("The database has tables of another program: name another one in CAREVIA_DATABASE_URL.")
    return None


def upgrade(url: str) -> None:
    """In one transaction under a lock, so that of several nodes the first does the work."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: connect_for_long(url, autocommit=False),
        poolclass=NullPool,
        # Whatever the database is set to: a snapshot of before the lock would not show what the first has done.
        isolation_level="READ COMMITTED",
    )
    upgrade_by(engine, "The database", _take_turn)


def _take_turn(connection: "Connection") -> None:
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (MIGRATING,))
    connection.exec_driver_sql("SELECT set_config('lock_timeout', %s, true)", (_TURN,))


def _stored_epoch(connection: psycopg.Connection[Any], epoch: str) -> str:
    connection.execute("INSERT INTO meta (key, value) VALUES ('epoch', %s) ON CONFLICT DO NOTHING", [epoch])
    row = connection.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
    return epoch if row is None else str(row[0])
